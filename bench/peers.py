"""scipy's optimizers on the instances that bench/optimizers.ts hands over, one JSON task a line on stdin, one JSON answer a run on stdout.

An objective is f(R (x - shift) + at), in numpy; before anything runs it is checked against the losses the bench got from nadir's own.
"""
import json
import os
import sys

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np  # noqa: E402
from scipy.optimize import differential_evolution, dual_annealing, minimize  # noqa: E402


def rosenbrock(z):
    a = z[1:] - z[:-1] * z[:-1]
    b = 1 - z[:-1]
    return 100 * (a @ a) + b @ b


def ackley(z):
    return 20 + np.e - 20 * np.exp(-0.2 * np.sqrt(z @ z / len(z))) - np.exp(np.cos(2 * np.pi * z).sum() / len(z))


def griewank(z):
    return 1 + z @ z / 4000 - np.prod(np.cos(z / np.sqrt(np.arange(1, len(z) + 1))))


FUNCTIONS = {
    "sphere": lambda z: z @ z,
    "rosenbrock": rosenbrock,
    "ackley": ackley,
    "rastrigin": lambda z: 10 * len(z) + z @ z - 10 * np.cos(2 * np.pi * z).sum(),
    "griewank": griewank,
}


class Done(BaseException):
    """The budget is spent, or the last target reached."""


def objective(task):
    f, shift, at = FUNCTIONS[task["function"]], np.array(task["shift"]), task["at"]
    rotation = task["rotation"] and np.array(task["rotation"]).reshape(task["dim"], task["dim"])
    if rotation is None:
        return lambda x: float(f(x - shift + at))
    return lambda x: float(f(rotation @ (x - shift) + at))


def restarts(f, bounds, rng):
    """L-BFGS-B from random points, until the budget ends it."""
    lower, upper = np.array(bounds).T
    while True:
        minimize(f, rng.uniform(lower, upper), method="L-BFGS-B", bounds=bounds, options={"maxfun": 10**9, "maxiter": 10**9})


PEERS = {
    "differential_evolution": lambda f, bounds, seed: differential_evolution(f, bounds, maxiter=10**6, tol=0, seed=seed),
    "dual_annealing": lambda f, bounds, seed: dual_annealing(f, bounds, maxiter=10**9, maxfun=10**9, seed=seed),
    "L-BFGS-B restarts": lambda f, bounds, seed: restarts(f, bounds, np.random.default_rng(seed)),
}


def attempt(task, peer):
    f, targets, cost, solved = objective(task), task["targets"], task["cost"], task["solved"]
    run = {"peer": peer, "best": float("inf"), "cost": 0, "hit": None, "times": []}

    def counted(x):
        if run["cost"] >= cost:
            raise Done
        run["cost"] += 1
        loss = f(x)
        if loss < run["best"]:
            run["best"] = loss
            if loss < solved and run["hit"] is None:
                run["hit"] = run["cost"]
            while len(run["times"]) < len(targets) and loss <= targets[len(run["times"])]:
                run["times"].append(run["cost"])
            if len(run["times"]) == len(targets):
                raise Done
        return loss

    try:
        PEERS[peer](counted, [(task["lower"], task["upper"])] * task["dim"], task["seed"])
    except Done:
        pass
    return run


for line in sys.stdin:
    task = json.loads(line)
    f = objective(task)
    for x, theirs in zip(task["points"], task["losses"]):
        ours = f(np.array(x))
        if not abs(ours - theirs) <= 1e-9 * max(1, abs(theirs)):
            sys.exit(f"{task['function']}, dim {task['dim']}, seed {task['seed']}: numpy says {ours!r} where nadir says {theirs!r}")
    for peer in PEERS:
        print(json.dumps(attempt(task, peer)))
