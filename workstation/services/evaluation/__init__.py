"""Any cascade judged on labelled films: the paper's table and more. `command.py` is the way in."""
