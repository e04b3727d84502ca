# Reads one JSON array of series (arrays of numbers) on stdin, prints one JSON array of change points (indices) for each: apache-otava with its defaults and a magnitude of 5 %.
import json, logging, sys
from otava.series import AnalysisOptions, Metric, Series
logging.disable(logging.CRITICAL)
options = AnalysisOptions()
options.min_magnitude = 0.05
found = []
for values in json.load(sys.stdin):
    times = list(range(len(values)))
    series = Series("s", None, times, {"v": Metric(1, 1.0)}, {"v": values}, {})
    found.append([int(p.index) for p in series.analyze(options).change_points["v"]])
json.dump(found, sys.stdout)
