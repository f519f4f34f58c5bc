"""The admin API, version 1: a table of endpoints, from which the routes and the OpenAPI document are made."""
