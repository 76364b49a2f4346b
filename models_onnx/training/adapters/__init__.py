"""Public chest film collections, from their own folders and tables to the evaluation's labels file.

    python -m models_onnx.training.adapters chexpert ROOT --out labels.csv

Every adapter reads what the collection says of itself: view, patient, body part. None of them labels cut-off lungs or
rotation; those columns stay blank, for a person to fill in. The file can then train (`models_onnx.training.paper`) and
judge (`cxr-workstation evaluate`).
"""
