"""The lead radiographer's statistics: charts by pyqtgraph, film lists behind every bar, CSV and a printed report."""
