"""The routes, one module an area: what they take is checked here, what they answer is a query's."""
