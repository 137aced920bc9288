"""Where tokens come from: the environment, service credentials, and logins of people."""
