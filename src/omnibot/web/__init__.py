"""What people and programs reach over HTTP besides the channels: the admin API, the console, health and metrics."""
