"""The cascade of Borisov, Semenov and Arzamasov (2023), rebuilt: four classifiers on a frozen ImageNet backbone.

Projection (frontal | lateral); on frontals: lung fields cut off; on laterals: lung fields cut off, chest rotated.
Input as the paper has it: MONOCHROME1 inverted, histogram equalised, 8 bit, squeezed to 244 x 244. Augmentation:
vertical flip, turns of 2-3 degrees, brightness, crops. Thresholds by Youden's index, no unsure band.

A site's own films are read as the program reads them (DICOM, PNG, JPEG, TIFF of 8 to 16 bits), their labels by the
reader of `cxr-workstation evaluate`, with one more column, `split`: train, val, test or blank.

The paper does not say how the backbone's last map meets the three dense layers, nor how wide they are: here it is
flattened (or averaged, `--pooling average`), 256, 128, 64 units with ReLU, then one sigmoid unit.

    python -m models_onnx.training.paper windows  --data ../shared/data --renders DIR --out FOLDER
    python -m models_onnx.training.paper train    --backbone vgg19 --weights FILE.h5 --labels CSV --work DIR
    python -m models_onnx.training.paper evaluate --work DIR --weights FILE.h5 --labels CSV
    python -m models_onnx.training.paper export   --work DIR --weights FILE.h5 --out CASCADE
"""
