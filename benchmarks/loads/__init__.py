"""What puts load on a server: external generators, and small clients of our own."""
