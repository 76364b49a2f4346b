"""Put the body-part branch into an exported gates.onnx: `python -m models_onnx.training.graft --data DIR --work DIR
--gates models_onnx/gates.onnx`, after `body_part settle`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch

from models_onnx.training import body_sets, cache, kept, onnx_file, sources
from models_onnx.training.body_part import STEPS, Branch


def grafted(gates: onnx.ModelProto, branch: onnx.ModelProto) -> onnx.ModelProto:
    """`gates` with `branch` (input ``film``) in the place of its body-part head.

    Nothing else in the graph is touched. A branch grafted before is taken out first.
    """
    prefix = "body_part."
    out = onnx.ModelProto()
    out.CopyFrom(gates)
    graph = out.graph
    kept = [
        n
        for n in graph.node
        if "body_part_logit" not in n.output and not any(o.startswith(prefix) for o in n.output)
    ]
    used = {name for n in kept for name in n.input}
    initial = [i for i in graph.initializer if i.name in used]
    infos = [v for v in graph.value_info if not v.name.startswith(prefix)]
    names = {"film": "film", branch.graph.output[0].name: "body_part_logit"}

    def called(name: str) -> str:
        return names.get(name, prefix + name) if name else name

    added = []
    for node in branch.graph.node:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.name = prefix + node.name
        for field, values in (("input", node.input), ("output", node.output)):
            del getattr(copy, field)[:]
            getattr(copy, field).extend(called(v) for v in values)
        added.append(copy)
    more = []
    for tensor in branch.graph.initializer:
        copy = onnx.TensorProto()
        copy.CopyFrom(tensor)
        copy.name = called(tensor.name)
        more.append(copy)
    for field, values in (
        ("node", [*kept, *added]),
        ("initializer", [*initial, *more]),
        ("value_info", infos),
    ):
        del getattr(graph, field)[:]
        getattr(graph, field).extend(values)
    onnx.checker.check_model(out, full_check=True)
    return out


def graft(data: Path, work: Path, gates: Path, to: Path, name: str = "branch") -> None:
    """Put the branch `name` into `gates`, as `to`; SystemExit where ONNX and PyTorch, or another output, differ."""
    state = torch.load(work / "body" / f"{name}_settled.pt", weights_only=False)
    branch = Branch()
    branch.load_state_dict(state["branch"])
    branch.eval().to(memory_format=torch.contiguous_format)
    alone = work / "body" / "branch.onnx"
    onnx_file.write(branch, torch.zeros(1, 1, 224, 224), alone, ["body_part_logit"])
    before = onnx.load(gates)
    model = grafted(before, onnx.load(alone))
    old = ort.InferenceSession(before.SerializeToString(), providers=["CPUExecutionProvider"])
    kept.written(to, lambda handle: handle.write(model.SerializeToString()))
    new = ort.InferenceSession(str(to), providers=["CPUExecutionProvider"])
    names = [o.name for o in new.get_outputs()]
    films = [cache.read_grey(r.file) for r in sources.read_lateral(data)[:6]]
    rng = np.random.default_rng(1)
    films += [np.asarray(rng.integers(0, 255, (224, 224)), np.uint8), body_sets.flat(rng)]
    worst = 0.0
    for film in films:
        x = {"film": STEPS.tensor(film)}
        now = dict(zip(names, new.run(names, x), strict=True))
        for output, value in zip(names, old.run(names, x), strict=True):
            if output != "body_part_logit" and not np.array_equal(value, now[output]):
                raise SystemExit(f"{output} has changed: the graft touches more than the body part")
        with torch.no_grad():
            expected = branch(torch.from_numpy(x["film"])).numpy()
        worst = max(worst, float(np.abs(expected - now["body_part_logit"]).max()))
    if worst >= 1e-4:
        raise SystemExit(f"ONNX differs from PyTorch by {worst}")
    report = {
        "onnx_minus_torch": worst,
        "bytes": to.stat().st_size,
        "steps": state["step"],
        "train_seconds": round(state["spent"]),
    }
    kept.write_json(to.parent / "body_part.json", report)
    print(json.dumps(report))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument(
        "--data", type=Path, required=True, help="real laterals, on which other outputs are compared"
    )
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--gates", type=Path, required=True, help="the exported gates.onnx")
    ap.add_argument("--to", type=Path, help="write there instead of over --gates")
    ap.add_argument("--name", default="branch")
    args = ap.parse_args()
    graft(args.data, args.work, args.gates, args.to or args.gates, args.name)


if __name__ == "__main__":
    main()
