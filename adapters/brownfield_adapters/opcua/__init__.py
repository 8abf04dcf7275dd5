"""OPC UA: subscriptions where the server has them, batched reads where it has not; never anything that writes."""
