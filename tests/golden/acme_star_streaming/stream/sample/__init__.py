"""What only serves samples: events that fit the spec, a broker on this machine, and a lake apart from that of the topics."""
