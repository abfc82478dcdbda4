"""The least squares of the toy w₂tanh(w₁x) + ½tanh(w₁w₂x + 0.3) by optimistix, as JSON on standard output."""

import json
from importlib.metadata import version

import jax
import jax.numpy as jnp
import optimistix

jax.config.update("jax_enable_x64", True)
X = jnp.array([-1.0, 0.5, 1.5])
OFFSET = jnp.array([0.04, -0.06, 0.05])


def outputs(theta: jax.Array) -> jax.Array:
    return theta[1] * jnp.tanh(theta[0] * X) + 0.5 * jnp.tanh(theta[0] * theta[1] * X + 0.3)


target = outputs(jnp.array([1.0, 1.0])) + OFFSET
start = [1.5, 0.5]
found = {}
for solver in (optimistix.LevenbergMarquardt(rtol=1e-14, atol=1e-14), optimistix.Dogleg(rtol=1e-14, atol=1e-14)):
    theta = optimistix.least_squares(lambda t, _: outputs(t) - target, solver, jnp.array(start), max_steps=1000).value
    residual = outputs(theta) - target
    found[type(solver).__name__] = {
        "theta": theta.tolist(),
        "loss": float(residual @ residual / 6),
        "gradient_norm": float(jnp.linalg.norm(jax.jacfwd(outputs)(theta).T @ residual)),
    }
versions = {name: version(name) for name in ("optimistix", "jax", "equinox", "numpy")}
print(json.dumps({"versions": versions, "start": start, "target": target.tolist(), "minimum": found}, indent=1))
