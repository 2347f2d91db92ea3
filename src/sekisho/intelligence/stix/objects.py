"""The objects of STIX 2.1: their properties and the type of each, as sections 3 to 8 of the specification list them.

A line names properties as ``name:type``; ``!`` after the name says required. Types: string, integer, float, boolean, timestamp,
dictionary, hashes, binary, hex, url, words such as ``ov.NAME`` (open vocabulary) and ``enum.NAME``, ``id.a|b`` (identifier of
one of those types, ``id`` alone of any), ``[type]`` a list, ``{name}`` an inner object below.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class Property(NamedTuple):
    """One property of an object."""

    name: str
    kind: str
    required: bool
    listed: bool


COMMON = (
    "type!:string spec_version!:enum.spec-version id!:id created_by_ref:id.identity created!:timestamp modified!:timestamp "
    "revoked:boolean labels:[string] confidence:integer lang:lang external_references:[{external-reference}] "
    "object_marking_refs:[id.marking-definition] granular_markings:[{granular-marking}] extensions:extensions"
)
OBSERVABLE = (
    "type!:string spec_version:enum.spec-version id!:id object_marking_refs:[id.marking-definition] "
    "granular_markings:[{granular-marking}] defanged:boolean extensions:extensions"
)

DOMAIN_OBJECTS = {
    "attack-pattern": "name!:string description:string aliases:[string] kill_chain_phases:[{kill-chain-phase}]",
    "campaign": "name!:string description:string aliases:[string] first_seen:timestamp last_seen:timestamp objective:string",
    "course-of-action": "name!:string description:string action:reserved",
    "grouping": "name:string description:string context!:ov.grouping-context-ov object_refs!:[id]",
    "identity": (
        "name!:string description:string roles:[string] identity_class:ov.identity-class-ov sectors:[ov.industry-sector-ov] "
        "contact_information:string"
    ),
    "incident": "name!:string description:string",
    "indicator": (
        "name:string description:string indicator_types:[ov.indicator-type-ov] pattern!:string pattern_type!:ov.pattern-type-ov "
        "pattern_version:string valid_from!:timestamp valid_until:timestamp kill_chain_phases:[{kill-chain-phase}]"
    ),
    "infrastructure": (
        "name!:string description:string infrastructure_types:[ov.infrastructure-type-ov] aliases:[string] "
        "kill_chain_phases:[{kill-chain-phase}] first_seen:timestamp last_seen:timestamp"
    ),
    "intrusion-set": (
        "name!:string description:string aliases:[string] first_seen:timestamp last_seen:timestamp goals:[string] "
        "resource_level:ov.attack-resource-level-ov primary_motivation:ov.attack-motivation-ov "
        "secondary_motivations:[ov.attack-motivation-ov]"
    ),
    "location": (
        "name:string description:string latitude:float longitude:float precision:float region:ov.region-ov country:country "
        "administrative_area:string city:string street_address:string postal_code:string"
    ),
    "malware": (
        "name:string description:string malware_types:[ov.malware-type-ov] is_family!:boolean aliases:[string] "
        "kill_chain_phases:[{kill-chain-phase}] first_seen:timestamp last_seen:timestamp operating_system_refs:[id.software] "
        "architecture_execution_envs:[ov.processor-architecture-ov] implementation_languages:[ov.implementation-language-ov] "
        "capabilities:[ov.malware-capabilities-ov] sample_refs:[id.artifact|file]"
    ),
    "malware-analysis": (
        "product!:string version:string host_vm_ref:id.software operating_system_ref:id.software "
        "installed_software_refs:[id.software] configuration_version:string modules:[string] analysis_engine_version:string "
        "analysis_definition_version:string submitted:timestamp analysis_started:timestamp analysis_ended:timestamp "
        "result_name:string result:ov.malware-result-ov analysis_sco_refs:[id] sample_ref:id.artifact|file|network-traffic"
    ),
    "note": "abstract:string content!:string authors:[string] object_refs!:[id]",
    "observed-data": (
        "first_observed!:timestamp last_observed!:timestamp number_observed!:integer objects:observables object_refs:[id]"
    ),
    "opinion": "explanation:string authors:[string] opinion!:enum.opinion-enum object_refs!:[id]",
    "report": "name!:string description:string report_types:[ov.report-type-ov] published!:timestamp object_refs!:[id]",
    "threat-actor": (
        "name!:string description:string threat_actor_types:[ov.threat-actor-type-ov] aliases:[string] first_seen:timestamp "
        "last_seen:timestamp roles:[ov.threat-actor-role-ov] goals:[string] sophistication:ov.threat-actor-sophistication-ov "
        "resource_level:ov.attack-resource-level-ov primary_motivation:ov.attack-motivation-ov "
        "secondary_motivations:[ov.attack-motivation-ov] personal_motivations:[ov.attack-motivation-ov]"
    ),
    "tool": (
        "name!:string description:string tool_types:[ov.tool-type-ov] aliases:[string] kill_chain_phases:[{kill-chain-phase}] "
        "tool_version:string"
    ),
    "vulnerability": "name!:string description:string",
}

RELATIONSHIP_OBJECTS = {
    "relationship": (
        "relationship_type!:string description:string source_ref!:id target_ref!:id start_time:timestamp stop_time:timestamp"
    ),
    "sighting": (
        "description:string first_seen:timestamp last_seen:timestamp count:integer sighting_of_ref!:id "
        "observed_data_refs:[id.observed-data] where_sighted_refs:[id.identity|location] summary:boolean"
    ),
}

META_OBJECTS = {
    "language-content": "object_ref!:id object_modified:timestamp contents!:contents",
    "extension-definition": (
        "name!:string description:string schema!:string version!:string extension_types!:[enum.extension-type-enum] "
        "extension_properties:[string]"
    ),
}

MARKING_DEFINITION = (
    "type!:string spec_version!:enum.spec-version id!:id created_by_ref:id.identity created!:timestamp "
    "external_references:[{external-reference}] object_marking_refs:[id.marking-definition] "
    "granular_markings:[{granular-marking}] extensions:extensions name:string definition_type:string definition:any"
)
BUNDLE = "type!:string id!:id objects:[any] spec_version:reserved"

OBSERVABLES = {
    "artifact": (
        "mime_type:media-type payload_bin:binary url:url hashes:hashes encryption_algorithm:enum.encryption-algorithm-enum "
        "decryption_key:string"
    ),
    "autonomous-system": "number!:integer name:string rir:string",
    "directory": (
        "path!:string path_enc:charset ctime:timestamp mtime:timestamp atime:timestamp contains_refs:[id.file|directory]"
    ),
    "domain-name": "value!:domain resolves_to_refs:[id.ipv4-addr|ipv6-addr|domain-name]",
    "email-addr": "value!:email display_name:string belongs_to_ref:id.user-account",
    "email-message": (
        "is_multipart!:boolean date:timestamp content_type:string from_ref:id.email-addr sender_ref:id.email-addr "
        "to_refs:[id.email-addr] cc_refs:[id.email-addr] bcc_refs:[id.email-addr] message_id:string subject:string "
        "received_lines:[string] additional_header_fields:dictionary body:string body_multipart:[{mime-part}] "
        "raw_email_ref:id.artifact"
    ),
    "file": (
        "hashes:hashes size:natural name:string name_enc:charset magic_number_hex:hex mime_type:media-type-should "
        "ctime:timestamp mtime:timestamp atime:timestamp parent_directory_ref:id.directory contains_refs:[id] "
        "content_ref:id.artifact"
    ),
    "ipv4-addr": "value!:ipv4 resolves_to_refs:[id.mac-addr] belongs_to_refs:[id.autonomous-system]",
    "ipv6-addr": "value!:ipv6 resolves_to_refs:[id.mac-addr] belongs_to_refs:[id.autonomous-system]",
    "mac-addr": "value!:mac",
    "mutex": "name!:string",
    "network-traffic": (
        "start:timestamp end:timestamp is_active:boolean src_ref:id.ipv4-addr|ipv6-addr|mac-addr|domain-name "
        "dst_ref:id.ipv4-addr|ipv6-addr|mac-addr|domain-name src_port:port dst_port:port protocols!:[string] "
        "src_byte_count:natural dst_byte_count:natural src_packets:natural dst_packets:natural ipfix:dictionary "
        "src_payload_ref:id.artifact dst_payload_ref:id.artifact encapsulates_refs:[id.network-traffic] "
        "encapsulated_by_ref:id.network-traffic"
    ),
    "process": (
        "is_hidden:boolean pid:integer created_time:timestamp cwd:string command_line:string environment_variables:dictionary "
        "opened_connection_refs:[id.network-traffic] creator_user_ref:id.user-account image_ref:id.file parent_ref:id.process "
        "child_refs:[id.process]"
    ),
    "software": "name!:string cpe:cpe swid:string languages:[string] vendor:string version:string",
    "url": "value!:url",
    "user-account": (
        "user_id:string credential:string account_login:string account_type:ov.account-type-ov display_name:string "
        "is_service_account:boolean is_privileged:boolean can_escalate_privs:boolean is_disabled:boolean "
        "account_created:timestamp account_expires:timestamp credential_last_changed:timestamp account_first_login:timestamp "
        "account_last_login:timestamp"
    ),
    "windows-registry-key": (
        "key:registry-key values:[{windows-registry-value}] modified_time:timestamp creator_user_ref:id.user-account "
        "number_of_subkeys:integer"
    ),
    "x509-certificate": (
        "is_self_signed:boolean hashes:hashes version:string serial_number:string signature_algorithm:string issuer:string "
        "validity_not_before:timestamp validity_not_after:timestamp subject:string subject_public_key_algorithm:string "
        "subject_public_key_modulus:string subject_public_key_exponent:integer x509_v3_extensions:{x509-v3-extensions}"
    ),
}

INNER = {
    "external-reference": "source_name!:string description:string url:url hashes:hashes external_id:string",
    "kill-chain-phase": "kill_chain_name!:phase phase_name!:phase",
    "granular-marking": "selectors!:[selector] marking_ref:id.marking-definition lang:lang",
    "mime-part": "body:string body_raw_ref:id.artifact|file content_type:string content_disposition:string",
    "windows-registry-value": "name:string data:string data_type:enum.windows-registry-datatype-enum",
    "x509-v3-extensions": (
        "basic_constraints:string name_constraints:string policy_constraints:string key_usage:string extended_key_usage:string "
        "subject_key_identifier:string authority_key_identifier:string subject_alternative_name:string "
        "issuer_alternative_name:string subject_directory_attributes:string crl_distribution_points:string "
        "inhibit_any_policy:string private_key_usage_period_not_before:timestamp private_key_usage_period_not_after:timestamp "
        "certificate_policies:string policy_mappings:string"
    ),
    "alternate-data-stream": "name!:string hashes:hashes size:natural",
    "windows-pe-section": "name!:string size:natural entropy:float hashes:hashes",
    "windows-pe-optional-header": (
        "magic_hex:hex major_linker_version:integer minor_linker_version:integer size_of_code:natural "
        "size_of_initialized_data:natural size_of_uninitialized_data:natural address_of_entry_point:integer "
        "base_of_code:integer base_of_data:integer image_base:integer section_alignment:integer file_alignment:integer "
        "major_os_version:integer minor_os_version:integer major_image_version:integer minor_image_version:integer "
        "major_subsystem_version:integer minor_subsystem_version:integer win32_version_value_hex:hex size_of_image:natural "
        "size_of_headers:natural checksum_hex:hex subsystem_hex:hex dll_characteristics_hex:hex size_of_stack_reserve:natural "
        "size_of_stack_commit:natural size_of_heap_reserve:natural size_of_heap_commit:natural loader_flags_hex:hex "
        "number_of_rva_and_sizes:integer hashes:hashes"
    ),
}

PREDEFINED_EXTENSIONS = {
    "file": {
        "archive-ext": "contains_refs!:[id.file|directory] comment:string",
        "ntfs-ext": "sid:string alternate_data_streams:[{alternate-data-stream}]",
        "pdf-ext": "version:string is_optimized:boolean document_info_dict:dictionary pdfid0:string pdfid1:string",
        "raster-image-ext": "image_height:integer image_width:integer bits_per_pixel:integer exif_tags:dictionary",
        "windows-pebinary-ext": (
            "pe_type!:ov.windows-pebinary-type-ov imphash:string machine_hex:hex number_of_sections:natural "
            "time_date_stamp:timestamp pointer_to_symbol_table_hex:hex number_of_symbols:natural "
            "size_of_optional_header:natural characteristics_hex:hex file_header_hashes:hashes "
            "optional_header:{windows-pe-optional-header} sections:[{windows-pe-section}]"
        ),
    },
    "network-traffic": {
        "http-request-ext": (
            "request_method!:string request_value!:string request_version:string request_header:dictionary "
            "message_body_length:integer message_body_data_ref:id.artifact"
        ),
        "icmp-ext": "icmp_type_hex!:hex icmp_code_hex!:hex",
        "socket-ext": (
            "address_family!:enum.network-socket-address-family-enum is_blocking:boolean is_listening:boolean options:dictionary "
            "socket_type:enum.network-socket-type-enum socket_descriptor:natural socket_handle:integer"
        ),
        "tcp-ext": "src_flags_hex:hex dst_flags_hex:hex",
    },
    "process": {
        "windows-process-ext": (
            "aslr_enabled:boolean dep_enabled:boolean priority:string owner_sid:string window_title:string "
            "startup_info:dictionary integrity_level:enum.windows-integrity-level-enum"
        ),
        "windows-service-ext": (
            "service_name:string descriptions:[string] display_name:string group_name:string "
            "start_type:enum.windows-service-start-type-enum service_dll_refs:[id.file] "
            "service_type:enum.windows-service-type-enum service_status:enum.windows-service-status-enum"
        ),
    },
    "user-account": {"unix-account-ext": "gid:integer groups:[string] home_dir:string shell:string"},
}
"""The extensions the specification itself defines, by the observable they extend (section 6)."""

CONTRIBUTING = {
    "artifact": "hashes payload_bin",
    "autonomous-system": "number",
    "directory": "path",
    "domain-name": "value",
    "email-addr": "value",
    "email-message": "from_ref subject body",
    "file": "hashes name extensions parent_directory_ref",
    "ipv4-addr": "value",
    "ipv6-addr": "value",
    "mac-addr": "value",
    "mutex": "name",
    "network-traffic": "start end src_ref dst_ref src_port dst_port protocols extensions",
    "process": "",
    "software": "name cpe swid vendor version",
    "url": "value",
    "user-account": "account_type user_id account_login",
    "windows-registry-key": "key values",
    "x509-certificate": "hashes serial_number",
}
"""The properties from which an observable's identifier is made (2.9)."""

AT_LEAST_ONE = {
    "file": "hashes name",
    "network-traffic": "src_ref dst_ref",
    "process": "*",
    "user-account": "*",
    "windows-registry-key": "*",
    "x509-certificate": "*",
    "malware-analysis": "result analysis_sco_refs",
    "ntfs-ext": "*",
    "pdf-ext": "*",
    "raster-image-ext": "*",
    "tcp-ext": "*",
    "unix-account-ext": "*",
    "windows-process-ext": "*",
    "windows-service-ext": "*",
    "windows-pebinary-ext": "*",
    "windows-registry-value": "*",
    "x509-v3-extensions": "*",
    "windows-pe-optional-header": "*",
}
"""Objects that must have at least one of some properties; ``*`` stands for any of their own."""

IN_ORDER = {
    "indicator": (("valid_from", "valid_until", True),),
    "relationship": (("start_time", "stop_time", True),),
    "observed-data": (("first_observed", "last_observed", False),),
    "network-traffic": (("start", "end", False),),
    "malware-analysis": (("analysis_started", "analysis_ended", False),),
    "x509-certificate": (("validity_not_before", "validity_not_after", False),),
    "x509-v3-extensions": (("private_key_usage_period_not_before", "private_key_usage_period_not_after", False),),
    **dict.fromkeys(
        ("campaign", "infrastructure", "intrusion-set", "malware", "sighting", "threat-actor"),
        (("first_seen", "last_seen", False),),
    ),
}
"""Times of which the second must not lie before the first; True where they must not be equal either."""

_PROPERTY = re.compile(r"([a-z0-9_]+)(!?):(\[?)([^\s\]]+)\]?")


@lru_cache
def properties(text: str) -> dict[str, Property]:
    """The properties of a line, by name."""
    found = {}
    for word in text.split():
        match = _PROPERTY.fullmatch(word)
        assert match, word
        found[match[1]] = Property(match[1], match[4], bool(match[2]), bool(match[3]))
    return found


@lru_cache
def properties_of(object_type: str) -> dict[str, Property] | None:
    """All properties of an object of a type, common ones included; None for a type the specification does not define."""
    if object_type in OBSERVABLES:
        return properties(f"{OBSERVABLE} {OBSERVABLES[object_type]}")
    if object_type == "marking-definition":
        return properties(MARKING_DEFINITION)
    if object_type == "bundle":
        return properties(BUNDLE)
    for group in (DOMAIN_OBJECTS, RELATIONSHIP_OBJECTS, META_OBJECTS):
        if object_type in group:
            return properties(f"{COMMON} {group[object_type]}")
    return None
