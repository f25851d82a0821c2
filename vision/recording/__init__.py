"""From transitions to evidence: the camera's own packets, pictures of the moment, and a manifest that binds them."""
