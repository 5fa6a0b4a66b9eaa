"""Operational tables: what the application needs to run, such as jobs, sessions and settings, not the business."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise

from platform_new.introspect.roles.facts import why_fact
from platform_new.introspect.roles.features import Features
from platform_new.introspect.roles.times import HAPPENED
from platform_new.introspect.roles.vocabulary import AUDIT_COPY, PEOPLE

ALWAYS = frozenset(
    """
    migration oauth webhook password cache flyway liquibase cron scheduler config configuration setting preference
    credential token otp hook idempotency mailer crontab heartbeat mutex backup exception permission acl queue
    export import sync invite invitation notification cached error smtp sso saml captcha hash metadata
    internal_metadata feature_flag rate_limit schema_version saved_search api_key background_job dead_letter
    pending_event system_log audit_log error_log access_log user_role role_user date_format number_format
    datetime_format table_column registered_table integration external_service impersonation rule_action
    rule_condition data_enrichment spam spammy denylist blocklist blacklist whitelist allowlist plugin
    """.split()
)
"""Words, or pairs of words, of tables that only the application reads."""
TRADED = frozenset("import export queue error exception hash preference invite invitation notification".split())
"""Those that mean something else where amounts have dates, such as the imports of a country."""
ALONE = frozenset("feed_info schema_info sequence version".split())
"""Such words, if the table has no reference to the business."""
OF_ALL = frozenset("version audit audit_trail change_log".split())
"""Names of logs of the changes of all tables, if they are the whole name."""
JOBS = frozenset(
    """
    job task worker process execution notification event message import export broadcast outbox inbox log node
    request sync command file blob attachment document image invitation template report parameter
    """.split()
)
PROOFS_OF_JOBS = frozenset(
    """
    payload serialized queue cron backtrace stacktrace handler locked retry retried worker class_name
    processing_owner event_json callback errorlog error_log error_count regex checksum mime_type content_type
    byte_size storage_type disk cmdline misfired on_success boot json lock
    """.split()
)
WHOLE_PROOFS = ("attempts", "tries")
"""Whole names of columns that prove a job; an `attempt` within another name proves nothing."""
SESSIONS = frozenset("session login device node".split())
PROOFS_OF_SESSIONS = frozenset(
    """
    user_agent ip ip_address ip_addr host session_data data token session_id timeout node_info fingerprint os_version
    app_version
    """.split()
)
PROOFS = ((JOBS, PROOFS_OF_JOBS), (SESSIONS, PROOFS_OF_SESSIONS))
"""Words of tables that businesses have too, and the words or pairs of words of columns that prove an application."""
ALONE_PROOFS = frozenset(
    "job_class event_json session_data queue_name serialized regex cron_expression sql table_name enqueued etl".split()
)
"""Words of columns that only a program reads, whatever the table's name."""
KEYS, VALUES = frozenset("key name k".split()), frozenset("value val v text".split())
ALIKE = 0.8
"""The share of a table's columns that a copy has under the same names."""


def find_operational(features: Mapping[str, Features]) -> dict[str, str]:
    """The operational tables, with the reason for each."""
    copies = {name: reason for name, each in features.items() if (reason := _copy(each, features))}
    found = {}
    for name, each in features.items():
        if name not in copies and (reason := _named(each) or _proved(each) or _settings(each)):
            found[name] = reason
    while more := _below(features, found) | _above(features, found, copies):
        found |= more
    return found | copies


def _named(features: Features) -> str:
    if "_".join(features.words) in OF_ALL:
        return "a log of the changes of all tables"
    for phrase in sorted(_phrases(features.words)):
        if phrase in ALWAYS and not (phrase in TRADED and features.additive and _happens(features)):
            return f"{phrase.replace('_', ' ')}: needed to run the application"
        if phrase in ALONE and not features.business:
            return f"{phrase.replace('_', ' ')}, and it refers to nothing of the business"
    return ""


def _proved(features: Features) -> str:
    """A table with a word such as job or session, and a column that only a program reads."""
    columns = {name: _phrases(words) for name, words in features.bare.items() if name not in features.declared}
    for tables, proofs in PROOFS:
        named = [word for word in features.words if word in tables]
        proved = [name for name, phrases in columns.items() if phrases & proofs or name in WHOLE_PROOFS]
        if named and proved:
            return f"{named[-1]}s of the application: it has the column {proved[0]}"
    alone = [name for name, phrases in columns.items() if phrases & ALONE_PROOFS]
    if alone and not _happens(features):
        return f"only a program reads its column {alone[0]}"
    opaque = [field.data_type.is_opaque for field in features.others]
    documents = bool(opaque) and all(opaque) and bool(set(features.words) & JOBS)
    return "it holds nothing but documents for a program" if documents else ""


def _happens(features: Features) -> bool:
    return features.event_time is not None and features.event_time.rank <= HAPPENED


def _settings(features: Features) -> str:
    """Names with values that belong to nothing: settings."""
    words = [features.bare[field.name] for field in features.others]
    keys = [each for each in words if each[-1] in KEYS]
    values = [each for each in words if each[-1] in VALUES]
    small = len(words) <= 4 and not features.business
    return "names with values, that refer to nothing: settings" if small and keys and values else ""


def _copy(features: Features, every: Mapping[str, Features]) -> str:
    """A table named like a copy, with the columns of another table."""
    words = features.words
    if len(words) < 2 or not {words[0], words[-1]} & set(AUDIT_COPY):
        return ""
    mine = {field.name for field in features.shape.fields}
    for name, other in every.items():
        theirs = {field.name for field in other.shape.fields}
        shorter = set(other.words) < set(words)
        if name != features.shape.name and shorter and len(mine & theirs) >= ALIKE * len(theirs) and len(theirs) > 2:
            return f"a copy of {name}: it has the same columns"
    return ""


def _below(features: Mapping[str, Features], found: Mapping[str, str]) -> dict[str, str]:
    """The tables that refer to operational tables only."""
    more = {}
    for name, each in features.items():
        targets = [link.to for link in each.business]
        if name not in found and targets and all(to in found for to in targets) and not each.additive:
            more[name] = f"it only refers to {targets[0]}, which is operational"
    return more


def _above(features: Mapping[str, Features], found: Mapping[str, str], copies: Collection[str]) -> dict[str, str]:
    """The tables that only operational tables refer to, unless they hold people or events."""
    referrers: dict[str, list[str]] = {}
    for name, each in features.items():
        for link in each.links if name not in copies else ():
            if link.to:
                referrers.setdefault(link.to, []).append(name)
    return {
        name: f"only {others[0]} points to it, which is operational"
        for name, others in referrers.items()
        if name not in found
        and all(other in found for other in others)
        and not set(features[name].words[-1:]) & PEOPLE
        and not why_fact(features[name])
    }


def _phrases(words: tuple[str, ...]) -> set[str]:
    """The words, and each pair of neighbours."""
    return {*words, *("_".join(pair) for pair in pairwise(words))}
