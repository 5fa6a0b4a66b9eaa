"""A source as people write it: with their own comments, spacing and quotes."""

SOURCE = """\
# The shop.
name: shop
kind: postgres
tables:
  # What was ordered.
  - name: orders   # the heart of it
    role: fact
    event_time: ordered_at
    key: [ order_id ]
    columns:
      - {name: order_id,    type: bigint, required: true}
      - {name: customer_id, type: bigint, references: customers.customer_id}   # who
      - {name: ordered_at,  type: timestamp}
      - {name: amount, type: 'numeric(10, 2)'}

  # Who orders.
  - name: customers
    role: dimension
    key: [customer_id]
    columns:
      - {name: customer_id, type: bigint, required: true}
      - {name: email, type: text}
      # the rest is nobody's business

  - name: products
    role: dimension
    key:
      - product_id   # never used again
    columns:
      - {name: product_id, type: bigint, required: true}
      - {name: label, type: text}
# the end
"""
