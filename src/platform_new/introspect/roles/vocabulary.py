"""The words of table and column names that tell what a table is, as singular nouns of the field.

They are the usual names of web frameworks, ERP, billing, health and transport systems; none belongs to one schema.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EVENTS = _words(
    """
    action activity adjustment admission aging alert allocation answer appeal appointment approval attempt
    attendance audit award badge balance ban bet bid bill block booking budget call cancellation change changeset
    charge chargeback checkin checkout claim click comment commit complaint consumption contribution conversion
    correction credit deal death debit delivery deposit detection diagnosis disapproval disbursement discharge
    dispatch dispute distribution donation download encounter enrollment enrolment entry era event exam expense
    exposure fee feedback fill flag flight forecast fulfillment grade hire history hit holding impression incident
    income inspection installment interaction invoice invoicing issue job journal lap leave ledger like loan log
    login loss mail measurement merge message metric movement note notice observation occurrence offence order
    outage overtime pageview payment payout payroll penalty pick play pmt post posting prescription procedure
    production publication purchase qualifying quantity query question quotation quote rating reaction reading
    receipt receival record redemption referral refund registration reimbursement rental repair repayment
    replacement reply report request reservation resignation response result return reversal review revision run
    sale scan schedule score scorecard search sensor settlement shift shipment shipping sighting snapshot specimen
    spend spending standing statement stay stock stop survey swap task tender test ticket timesheet trade
    transaction transfer transition treatment trip trx tweet txn upgrade upload usage use vaccination view
    violation visit vote waiver warning withdrawal work worklog workorder
    """
)
"""Last words of tables whose rows happen or are measured."""
ENTITIES = _words(
    """
    account actor address agency agent airline airport album applicant artist asset author bank branch brand bundle
    calendar campaign card carrier case center centre channel chapter character circuit city class client clinic
    collection company concept constructor contact contract contractor counterparty country county courier course
    creator customer database dealer department device district doctor document driver employee employer engine
    equipment exchange facility family farm film folder fund game group guest home hospital hotel household image
    ingredient institution instrument insurer item keyword label lead league library list location machine manager
    manufacturer market material media medium member merchant model movie nation network office officer operator
    organisation organization owner package page part partner party passenger patient people person phase place
    plan planet plant player playlist pool portfolio practice product profile program project property provider
    publisher race region rep restaurant retailer room route school season seller service shelf ship shop site sku
    song spec species sponsor stadium staff state station stop store street student studio subject subscriber
    subscription supplier tag teacher team teller tenant term territory theater theatre title topic track train
    truck unit user van variant vehicle vendor venue vessel wallet warehouse website wiki worker zone
    """
)
"""Last words of tables of people, places and things."""
PEOPLE = _words(
    """
    actor agent author client contact creator customer driver employee guest member owner participant patient
    people person player recipient sender staff student teacher uploader user visitor worker
    """
)
"""Words of persons, who act in events."""
LOOKUPS = _words(
    """
    band category class classification code color colour country currency definition domain format gender genre
    grade group holiday industry kind language level method mode nation option period priority range rank rate
    reason region relationship role scale season segment severity size source stage state status step term
    threshold tier timezone title type unit value vocabulary zone
    """
)
"""Last words of tables that classify others."""
LINKS = _words(
    """
    access ancestor assignment association attachment closure detail follow follower grant group has item join line
    link map mapping member membership permission relation relationship role synonym tag to xref
    """
)
"""Words of tables that only say that two rows belong together."""
LINES = ("item", "line", "detail", "lineitem")

LABELS = _words("name title label fullname displayname headline subject forename surname firstname lastname")
CONTACT = _words("address street city postal postcode zip phone email fax website url mobile")
NUMBERS = _words("number no nr reference ref num")

AUDIT_COPY = ("history", "archive", "audit", "backup", "old", "copy", "aud", "hist", "bak", "shadow")
"""First or last words of tables that keep a copy of another one's rows."""
