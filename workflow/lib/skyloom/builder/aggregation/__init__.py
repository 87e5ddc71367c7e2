"""From many drawings to one: shapes, clusters, consensus and spiral arms."""
