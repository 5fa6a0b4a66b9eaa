"""Certificates: what the marts of a platform are on its production warehouse, without an account.

The platform's sample data run through the local warehouse and through a stand-in of the production warehouse, and every
mart is compared row by row. What a stand-in cannot show is on the certificate, too.
"""

from platform_new.certify.certify import Certificate, certify
from platform_new.certify.page import page_of, summary_of

__all__ = ["Certificate", "certify", "page_of", "summary_of"]
