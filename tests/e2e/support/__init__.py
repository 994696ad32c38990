"""What the end-to-end tests share: a segue, a scripted upstream, a raw client. Waits for events, never for time."""
