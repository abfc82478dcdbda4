"""The manifold M of reachable outputs: its geometry, its geodesics, and its points nearest to a target."""
