"""What the default of a new column costs: a volatile function rewrites the table, any other is stored once.

Function names are those of `pg_proc`; `tests/statements` compares both lists with `provolatile` on live servers.
A function that is in no list could be either, so it is unknown, never assumed safe.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from migrator.statements.effects import Fact
from migrator.statements.facts.nodes import words
from migrator.statements.parse import Node, pb

VOLATILE = frozenset(
    """clock_timestamp currval gen_random_uuid lastval nextval random random_normal setseed setval timeofday uuidv4
    uuidv7 set_config pg_notify pg_sleep array_shuffle array_sample pg_advisory_lock pg_advisory_unlock
    pg_advisory_xact_lock pg_try_advisory_lock pg_try_advisory_xact_lock pg_current_wal_lsn pg_is_in_recovery
    pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size pg_database_size pg_cancel_backend
    pg_terminate_backend pg_reload_conf pg_last_xact_replay_timestamp pg_last_wal_replay_lsn
    pg_last_wal_receive_lsn pg_switch_wal pg_export_snapshot pg_blocking_pids""".split()
)
"""Built-in functions that PostgreSQL evaluates once per row."""

VOLATILE_IN_EXTENSIONS = frozenset(
    "uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes gen_salt".split()
)
"""The same, from uuid-ossp and pgcrypto."""

STEADY = frozenset(
    """abs age any_value array_agg array_append array_cat array_fill array_length array_position array_prepend
    array_remove array_replace array_to_json array_to_string array_upper avg bit_and bit_or bit_length bool_and
    bool_or btrim cardinality cbrt ceil ceiling char_length character_length chr col_description concat
    concat_ws convert_from convert_to corr count current_database current_schema current_schemas
    current_setting date date_bin date_part date_trunc daterange decode degrees div dense_rank encode every exp
    extract factorial first_value floor format format_type gcd generate_series generate_subscripts get_bit
    get_byte has_column_privilege has_schema_privilege has_table_privilege hashtext host hostmask initcap
    int4range int8range isempty json_agg json_array_elements json_array_length json_build_array
    json_build_object json_extract_path json_extract_path_text json_object json_object_agg
    json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
    jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert
    jsonb_object jsonb_object_agg jsonb_object_keys jsonb_pretty jsonb_set jsonb_strip_nulls
    jsonb_to_record jsonb_to_recordset jsonb_typeof justify_days justify_hours justify_interval lag last_value
    lcm lead left length ln log lower lower_inc lpad ltrim make_date make_interval make_time make_timestamp
    make_timestamptz masklen max md5 min mod netmask network now ntile num_nonnulls num_nulls numrange
    obj_description octet_length overlay pg_backend_pid pg_column_size pg_encoding_to_char
    pg_function_is_visible pg_get_constraintdef pg_get_expr pg_get_functiondef pg_get_indexdef
    pg_get_serial_sequence pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_postmaster_start_time
    pg_size_pretty pg_table_is_visible pg_trigger_depth pg_typeof phraseto_tsquery plainto_tsquery
    position power quote_ident quote_literal quote_nullable radians range_agg rank regexp_match regexp_matches
    regexp_replace regexp_split_to_array regexp_split_to_table repeat replace reverse right round row_number
    row_to_json rpad rtrim scale setweight sha224 sha256 sha384 sha512 shobj_description sign split_part sqrt
    starts_with statement_timestamp stddev string_agg string_to_array string_to_table strip strpos substr
    substring sum timezone to_char to_date to_hex to_json to_jsonb to_number to_regclass to_timestamp
    to_tsquery to_tsvector transaction_timestamp translate trim_array trim_scale trunc ts_headline ts_rank
    tsrange tstzrange txid_current unnest upper upper_inc upper_inf variance version websearch_to_tsquery
    width_bucket xmlagg pg_current_xact_id pg_is_other_temp_schema inet_client_addr inet_server_addr""".split()
)
"""Built-in functions that are stable or immutable: the server evaluates them once for all old rows."""


def nodes_of(root: Message) -> Iterator[Message]:
    """Yield every message of a tree but `Node`, which only wraps, without recursion: trees may be very deep."""
    pending = [root]
    while pending:
        message = pending.pop()
        if isinstance(message, pb.Node):
            kind = message.WhichOneof("node")
            if kind is None:
                continue
            message = getattr(message, kind)
        yield message
        if not isinstance(message, _LEAVES):
            for field, value in message.ListFields():
                if field.message_type is not None:
                    pending.extend((value,) if isinstance(value, Message) else value)


_LEAVES = (pb.String, pb.A_Const, pb.Integer)
"""Half of all messages, below which there is nothing that anybody looks for."""


def nodes_by_type(root: Message) -> Mapping[type[Message], Sequence[Any]]:
    """Return the messages of a tree by their types: one walk for all who look for something in it."""
    found: dict[type[Message], list[Any]] = {}
    for message in nodes_of(root):
        found.setdefault(type(message), []).append(message)
    return found


def function_names(root: Message) -> tuple[str, ...]:
    """Return the names of the functions that a tree calls, `pg_catalog` left out, in no particular order."""
    return tuple(called_name(message) for message in nodes_of(root) if isinstance(message, pb.FuncCall))


def called_name(call: pb.FuncCall) -> str:
    """Return the name of the function that is called, `pg_catalog` left out."""
    return ".".join(words(call.funcname)).removeprefix("pg_catalog.")


def is_known(function: str) -> bool:
    """Return whether the function is one of the server's or a known extension's, so that its body hides no DDL."""
    is_ours = function.startswith("pg_") and "." not in function  # the server's own prefix
    return is_ours or function in STEADY or function in VOLATILE or _bare(function) in VOLATILE_IN_EXTENSIONS


def is_volatile(default: Node) -> tuple[Fact, tuple[str, ...]]:
    """Return whether a default is evaluated once per row, and what one would have to know when that is unknown."""
    names = function_names(default)
    if any(name in VOLATILE or _bare(name) in VOLATILE_IN_EXTENSIONS for name in names):
        return Fact.YES, ()
    unknown = [name for name in names if name not in STEADY]
    missing = tuple(f"whether function {name}() is VOLATILE" for name in unknown)
    return (Fact.UNKNOWN if unknown else Fact.NO), missing


def _bare(function: str) -> str:
    return function.rsplit(".", maxsplit=1)[-1]
