"""The manifold M = {f(θ)} ⊂ R^N: metric, connection, second fundamental form, curvature, and the Hessian of the loss on
it.

All of it assumes that J has full rank, p < N of it for M to have normals; where σ_min ≤ 1e-9 σ_max the answer is NaN. M
carries the metric induced from R^N, so nothing here depends on the coordinates θ except through what is said in them.
Second derivatives are exact (reverse over reverse, from `Network.forward` alone); lanes are batched.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..factorisation import eigenvalues
from ..flow import Linearization
from ..network import Network
from ..problem import Data


@dataclass(frozen=True)
class Frame:
    """J = U diag(σ) Vᵀ: orthonormal tangents `u` (B, N, p), `sigma` (B, p), `v` (B, p, p), and where the rank is full
    (B,).
    """

    u: Tensor
    sigma: Tensor
    v: Tensor
    full: Tensor

    @classmethod
    def of(cls, at: Linearization) -> "Frame":
        """The frame at a linearization; σ is 1 where the rank is lost, so that dividing by it is safe."""
        d = at.decomposition
        assert d.u is not None and d.v is not None, "geometry is of problems whose J fits one decomposition"
        full = (d.sigma > at.cut * d.sigma[:, :1]).all(1)
        return cls(d.u, torch.where(full.unsqueeze(1), d.sigma, 1.0), d.v, full)

    def normal(self, w: Tensor) -> Tensor:
        """(I − P)w for w (B, N, m), P = UUᵀ; applied twice, since once leaves rounding of the size of w in the tangent
        plane.
        """
        for _ in range(2):
            w = w - self.u @ (self.u.mT @ w)
        return w

    def lift(self, w: Tensor) -> Tensor:
        """J⁺w = V Σ⁻¹ Uᵀ w, (B, N) → (B, p)."""
        return torch.einsum("bij,bj->bi", self.v, torch.einsum("bni,bn->bi", self.u, w) / self.sigma)

    def known(self, values: Tensor) -> Tensor:
        """`values` (B, …), NaN where the rank is lost."""
        return torch.where(self.full.view(-1, *(1,) * (values.ndim - 1)), values, torch.nan)


def frame(network: Network, inputs: Tensor, theta: Tensor) -> Frame:
    """The tangent frame of M at θ (B, p)."""
    targets = inputs.new_zeros(inputs.shape[0] * network.outputs)
    return Frame.of(Linearization.of(network, Data(inputs, targets), theta))


def second_derivative(network: Network, inputs: Tensor, theta: Tensor) -> Tensor:
    """∇²f: θ (B, p) → (B, N, p, p).

    Every lane is repeated for each output n and parameter i, and its copy is asked for ∂ᵢf_n alone: two passes then
    give all of it. `torch.func` does as much work, in many more operations.
    """
    lanes, parameters = theta.shape
    outputs = inputs.shape[0] * network.outputs
    n, i = (part.flatten() for part in torch.meshgrid(torch.arange(outputs), torch.arange(parameters), indexing="ij"))
    with torch.inference_mode(mode=False), torch.enable_grad():  # torch 2.6 gives 0 for second derivatives in it
        x, at = inputs.clone(), theta.clone().repeat_interleave(n.numel(), 0).requires_grad_()
        n, i = (part.to(at.device).repeat(lanes).unsqueeze(1) for part in (n, i))
        (slope,) = torch.autograd.grad(network.forward(at, x).gather(1, n).sum(), at, create_graph=True)
        slope = slope + 0.0 * at  # a slope that hangs on no θ, as where f is linear, has the derivative 0
        (second,) = torch.autograd.grad(slope.gather(1, i).sum(), at)
        return second.view(lanes, outputs, parameters, parameters)


def metric_tensor(network: Network, inputs: Tensor, theta: Tensor) -> Tensor:
    """g = JᵀJ, (B, p, p): the inner product of velocities θ' as velocities f' in R^N."""
    return network.evaluate(theta, inputs)[1].gram()


def christoffel(network: Network, inputs: Tensor, theta: Tensor) -> Tensor:
    """Γ (B, p, p, p), Γ[k, i, j] = (J⁺ ∂ᵢ∂ⱼf)_k: the Levi-Civita connection of g, (I) the tangential part of ∇²f in
    coordinates.
    """
    second, tangents = second_derivative(network, inputs, theta), frame(network, inputs, theta)
    inverse = tangents.v @ (tangents.u / tangents.sigma.unsqueeze(1)).mT
    return tangents.known(torch.einsum("bkn,bnij->bkij", inverse, second))


def second_fundamental_form(network: Network, inputs: Tensor, theta: Tensor) -> Tensor:
    """II (B, N, p, p): II(u, v) = (I − P) ∇²f[u, v] in R^N, for u, v in coordinates: the normal part of ∇²f."""
    tangents = frame(network, inputs, theta)
    return tangents.known(
        tangents.normal(second_derivative(network, inputs, theta).flatten(2)).unflatten(2, (theta.shape[1],) * 2)
    )


def sectional_curvature(network: Network, inputs: Tensor, theta: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """K (B,) of the plane of u, v (B, p), by the Gauss equation: (⟨II(u,u), II(v,v)⟩ − ‖II(u,v)‖²)/(g(u,u)g(v,v) −
    g(u,v)²).
    """
    second, metric = second_fundamental_form(network, inputs, theta), metric_tensor(network, inputs, theta)
    along = [torch.einsum("bnij,bi,bj->bn", second, first, other) for first, other in ((u, u), (v, v), (u, v))]
    uu, vv, uv = (torch.einsum("bij,bi,bj->b", metric, first, other) for first, other in ((u, u), (v, v), (u, v)))
    return ((along[0] * along[1]).sum(1) - along[2].square().sum(1)) / (uu * vv - uv.square())


def gauss_curvature(network: Network, inputs: Tensor, theta: Tensor) -> Tensor:
    """K (B,) of a surface (p = 2), in the orthonormal basis e_i = J v_i/σ_i: ⟨II(e₁,e₁), II(e₂,e₂)⟩ − ‖II(e₁,e₂)‖²."""
    if network.parameters != 2:
        raise ValueError(
            f"gauss_curvature: expected p = 2 parameters, came {network.parameters}; sectional_curvature takes a plane"
        )
    basis = frame(network, inputs, theta)
    first, other = basis.v.unbind(2)
    return sectional_curvature(network, inputs, theta, first / basis.sigma[:, :1], other / basis.sigma[:, 1:])


def hessian_eigenvalues(network: Network, data: Data, theta: Tensor) -> Tensor:
    """Eigenvalues (B, p), ascending, of the Riemannian Hessian of ½‖f − y‖² on M: Hess[u, u] = ‖u‖² + ⟨f − y, II(u,
    u)⟩.

    In coordinates those of I + L⁻¹BL⁻ᵀ, B = Σᵢ((I−P)r)ᵢ∇²fᵢ, JᵀJ = LLᵀ (theory page, 2.5). All 1 where N ≤ p, as M is
    then open in R^N.
    """
    return hessian_eigenvalues_at(network, Linearization.of(network, data, theta))


def hessian_eigenvalues_at(network: Network, at: Linearization) -> Tensor:
    """`hessian_eigenvalues` of a linearization. L is ΣVᵀ up to a rotation, so JᵀJ, whose condition is squared, is not
    formed.
    """
    tangents, inputs = Frame.of(at), at.data.inputs
    normal = tangents.normal(at.residual.unsqueeze(2)).squeeze(2)
    bend = _bend(network, inputs, at.theta, normal)
    inverse = tangents.v / tangents.sigma.unsqueeze(1)
    hessian = inverse.mT @ bend @ inverse
    hessian.diagonal(dim1=1, dim2=2).add_(1.0)
    return tangents.known(eigenvalues(torch.where(tangents.full[:, None, None], hessian, 0.0)))


def _bend(network: Network, inputs: Tensor, theta: Tensor, weights: Tensor) -> Tensor:
    """∇²(w·f) of every lane: θ (B, p) and w (B, N) give (B, p, p).

    No lane's output hangs on another's θ, so the derivative of a sum over lanes has each lane's own. `torch.func` would
    give the same bytes, and its first use in a process loads for over a second, in which a person waits for the sheet.
    """
    with torch.inference_mode(mode=False), torch.enable_grad():  # torch 2.6 gives 0 for second derivatives in it
        x, at, w = inputs.clone(), theta.clone().requires_grad_(), weights.clone()
        (slope,) = torch.autograd.grad((network.forward(at, x) * w).sum(), at, create_graph=True)
        slope = slope + 0.0 * at  # a slope that hangs on no θ, as where f is linear, has the derivative 0
        columns = [torch.autograd.grad(slope[:, i].sum(), at, retain_graph=True)[0] for i in range(at.shape[1])]
        return torch.stack(columns, 1)
