"""The model hubs: one HTTPS address, a site for each hub, faults on demand, every byte counted."""
