"""What the containers of the platform run here: programs that write the logs of the real ones."""
