"""The wind farm on a cluster: images, chart, simulated plant as pods of its own, `examples/wind-farm` with kubectl.

    python -m hack.cluster_demo [CLUSTER]     ends when all is Ready and the twins are live, or says what is not

It makes the cluster if there is none (`hack.cluster up`), and may be run again at any time.
"""
