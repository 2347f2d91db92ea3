"""The vocabularies of STIX 2.1, section 10: open ones, whose words SHOULD be used, and enumerations, whose words MUST be used."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPEN = {
    "account-type-ov": _words("facebook ldap nis openid radius skype tacacs twitter unix windows-local windows-domain"),
    "attack-motivation-ov": _words(
        "accidental coercion dominance ideology notoriety organizational-gain personal-gain personal-satisfaction revenge "
        "unpredictable"
    ),
    "attack-resource-level-ov": _words("individual club contest team organization government"),
    "grouping-context-ov": _words("suspicious-activity malware-analysis unspecified"),
    "hash-algorithm-ov": _words("MD5 SHA-1 SHA-256 SHA-512 SHA3-256 SHA3-512 SSDEEP TLSH"),
    "identity-class-ov": _words("individual group system organization class unknown"),
    "implementation-language-ov": _words(
        "applescript bash c c++ c# go java javascript lua objective-c perl php powershell python ruby scala swift typescript "
        "visual-basic x86-32 x86-64"
    ),
    "indicator-type-ov": _words("anomalous-activity anonymization benign compromised malicious-activity attribution unknown"),
    "industry-sector-ov": _words(
        "agriculture aerospace automotive chemical commercial communications construction defense education energy "
        "entertainment financial-services government emergency-services "
        "government-local government-national government-public-services government-regional healthcare hospitality-leisure "
        "infrastructure dams nuclear water insurance manufacturing mining non-profit pharmaceuticals retail technology "
        "telecommunications transportation utilities"
    ),
    "infrastructure-type-ov": _words(
        "amplification anonymization botnet command-and-control control-system exfiltration firewall hosting-malware "
        "hosting-target-lists phishing reconnaissance routers-switches staging workstation undefined unknown"
    ),
    "malware-result-ov": _words("malicious suspicious benign unknown"),
    "malware-capabilities-ov": _words(
        "accesses-remote-machines anti-debugging anti-disassembly anti-emulation anti-memory-forensics anti-sandbox anti-vm "
        "captures-input-peripherals captures-output-peripherals captures-system-state-data "
        "cleans-traces-of-infection commits-fraud communicates-with-c2 compromises-data-availability "
        "compromises-data-integrity compromises-system-availability controls-local-machine degrades-security-software "
        "degrades-system-updates determines-c2-server emails-spam escalates-privileges evades-av exfiltrates-data "
        "fingerprints-host hides-artifacts hides-executing-code infects-files infects-remote-machines installs-other-components "
        "persists-after-system-reboot prevents-artifact-access prevents-artifact-deletion probes-network-environment "
        "self-modifies steals-authentication-credentials violates-system-operational-integrity"
    ),
    "malware-type-ov": _words(
        "adware backdoor bot bootkit ddos downloader dropper exploit-kit keylogger ransomware remote-access-trojan "
        "resource-exploitation rogue-security-software rootkit screen-capture spyware trojan unknown virus webshell wiper worm"
    ),
    "pattern-type-ov": _words("stix pcre sigma snort suricata yara"),
    "processor-architecture-ov": _words("alpha arm ia-64 mips powerpc sparc x86 x86-64"),
    "region-ov": _words(
        "africa eastern-africa middle-africa northern-africa southern-africa western-africa americas "
        "latin-america-caribbean south-america caribbean central-america northern-america asia central-asia eastern-asia "
        "southern-asia south-eastern-asia western-asia europe eastern-europe northern-europe southern-europe western-europe "
        "oceania antarctica australia-new-zealand melanesia micronesia polynesia"
    ),
    "report-type-ov": _words(
        "attack-pattern campaign identity indicator intrusion-set malware observed-data threat-actor threat-report tool "
        "vulnerability"
    ),
    "threat-actor-type-ov": _words(
        "activist competitor crime-syndicate criminal hacker insider-accidental insider-disgruntled nation-state sensationalist "
        "spy terrorist unknown"
    ),
    "threat-actor-role-ov": _words(
        "agent director independent infrastructure-architect infrastructure-operator malware-author sponsor"
    ),
    "threat-actor-sophistication-ov": _words("none minimal intermediate advanced expert innovator strategic"),
    "tool-type-ov": _words(
        "denial-of-service exploitation information-gathering network-capture credential-exploitation remote-access "
        "vulnerability-scanning unknown"
    ),
    "windows-pebinary-type-ov": _words("dll exe sys"),
}

ENUMS = {
    "encryption-algorithm-enum": _words("AES-256-GCM ChaCha20-Poly1305 mime-type-indicated"),
    "extension-type-enum": _words("new-sdo new-sco new-sro property-extension toplevel-property-extension"),
    "network-socket-address-family-enum": _words("AF_UNSPEC AF_INET AF_IPX AF_APPLETALK AF_NETBIOS AF_INET6 AF_IRDA AF_BTH"),
    "network-socket-type-enum": _words("SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET"),
    "opinion-enum": _words("strongly-disagree disagree neutral agree strongly-agree"),
    "windows-integrity-level-enum": _words("low medium high system"),
    "windows-registry-datatype-enum": _words(
        "REG_NONE REG_SZ REG_EXPAND_SZ REG_BINARY REG_DWORD REG_DWORD_BIG_ENDIAN REG_DWORD_LITTLE_ENDIAN REG_LINK "
        "REG_MULTI_SZ REG_RESOURCE_LIST REG_FULL_RESOURCE_DESCRIPTION REG_RESOURCE_REQUIREMENTS_LIST REG_QWORD "
        "REG_INVALID_TYPE"
    ),
    "windows-service-start-type-enum": _words(
        "SERVICE_AUTO_START SERVICE_BOOT_START SERVICE_DEMAND_START SERVICE_DISABLED SERVICE_SYSTEM_ALERT"
    ),
    "windows-service-status-enum": _words(
        "SERVICE_CONTINUE_PENDING SERVICE_PAUSE_PENDING SERVICE_PAUSED SERVICE_RUNNING SERVICE_START_PENDING "
        "SERVICE_STOP_PENDING SERVICE_STOPPED"
    ),
    "windows-service-type-enum": _words(
        "SERVICE_KERNEL_DRIVER SERVICE_FILE_SYSTEM_DRIVER SERVICE_WIN32_OWN_PROCESS SERVICE_WIN32_SHARE_PROCESS"
    ),
}

PDF_INFO_KEYS = _words("Title Author Subject Keywords Creator Producer CreationDate ModDate Trapped")
"""Keys of a PDF's document information dictionary (ISO 32000-1, 14.3.3)."""

HTTP_REQUEST_HEADERS = _words(
    "a-im accept accept-charset accept-datetime accept-encoding accept-language accept-patch accept-post accept-ranges "
    "access-control-request-headers access-control-request-method age allow alpn authentication-info authorization "
    "cache-control cdn-loop close connection content-disposition content-encoding content-id content-language "
    "content-length content-location content-md5 content-range content-security-policy content-type cookie cookie2 date "
    "depth destination digest dnt early-data expect expires forwarded from front-end-https host http2-settings if "
    "if-match if-modified-since if-none-match if-range if-schedule-tag-match if-unmodified-since keep-alive link "
    "max-forwards mime-version origin oslc-core-version overwrite pragma prefer priority proxy-authorization "
    "proxy-connection range referer save-data schedule-reply sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user "
    "sec-gpc sec-token-binding sec-websocket-accept sec-websocket-extensions sec-websocket-key sec-websocket-protocol "
    "sec-websocket-version slug te timeout topic traceparent tracestate trailer transfer-encoding ttl upgrade "
    "upgrade-insecure-requests urgency user-agent via want-digest warning x-att-deviceid x-correlation-id x-csrf-token "
    "x-forwarded-for x-forwarded-host x-forwarded-proto x-http-method-override x-request-id x-requested-with x-uidh "
    "x-wap-profile"
)
"""Header fields of HTTP requests: the provisional and permanent ones IANA lists for requests, and those in common use."""

PROTOCOLS_BELOW_SERVICES = _words("ipv4 ipv6 icmp icmpv6 tcp udp sctp dccp arp ssl tls dns ip esp ah gre igmp ethernet quic")
"""Protocols the specification's own examples name that are no services."""

RELATIONSHIPS: dict[str, dict[str, str]] = {
    "attack-pattern": {
        "delivers": "malware",
        "targets": "identity location vulnerability",
        "uses": "malware tool",
    },
    "campaign": {
        "attributed-to": "intrusion-set threat-actor",
        "compromises": "infrastructure",
        "originates-from": "location",
        "targets": "identity location vulnerability",
        "uses": "attack-pattern infrastructure malware tool",
    },
    "course-of-action": {
        "investigates": "indicator",
        "mitigates": "attack-pattern indicator malware tool vulnerability",
        "remediates": "malware vulnerability",
    },
    "identity": {"located-at": "location"},
    "indicator": {
        "indicates": "attack-pattern campaign infrastructure intrusion-set malware threat-actor tool",
        "based-on": "observed-data",
    },
    "infrastructure": {
        "communicates-with": "infrastructure ipv4-addr ipv6-addr domain-name url",
        "consists-of": "*",
        "controls": "infrastructure malware",
        "delivers": "malware",
        "has": "vulnerability",
        "hosts": "tool malware",
        "located-at": "location",
        "uses": "infrastructure",
    },
    "intrusion-set": {
        "attributed-to": "threat-actor",
        "compromises": "infrastructure",
        "hosts": "infrastructure",
        "owns": "infrastructure",
        "originates-from": "location",
        "targets": "identity location vulnerability",
        "uses": "attack-pattern infrastructure malware tool",
    },
    "malware": {
        "authored-by": "threat-actor intrusion-set",
        "beacons-to": "infrastructure",
        "exfiltrates-to": "infrastructure",
        "communicates-with": "ipv4-addr ipv6-addr domain-name url",
        "controls": "malware",
        "downloads": "malware tool file",
        "drops": "malware tool file",
        "exploits": "vulnerability",
        "originates-from": "location",
        "targets": "identity infrastructure location vulnerability",
        "uses": "attack-pattern infrastructure malware tool",
        "variant-of": "malware",
    },
    "malware-analysis": {
        "characterizes": "malware",
        "analysis-of": "malware",
        "static-analysis-of": "malware",
        "dynamic-analysis-of": "malware",
    },
    "threat-actor": {
        "attributed-to": "identity",
        "compromises": "infrastructure",
        "hosts": "infrastructure",
        "owns": "infrastructure",
        "impersonates": "identity",
        "located-at": "location",
        "targets": "identity location vulnerability",
        "uses": "attack-pattern infrastructure malware tool",
    },
    "tool": {
        "delivers": "malware",
        "drops": "malware",
        "has": "vulnerability",
        "targets": "identity infrastructure location vulnerability",
        "uses": "infrastructure",
    },
    "domain-name": {"resolves-to": "domain-name ipv4-addr ipv6-addr"},
    "ipv4-addr": {"resolves-to": "mac-addr", "belongs-to": "autonomous-system"},
    "ipv6-addr": {"resolves-to": "mac-addr", "belongs-to": "autonomous-system"},
}
"""Relationships the specification suggests, by source and type: the types of target. Others are permitted."""

COMMON_RELATIONSHIPS = _words("derived-from duplicate-of related-to")

TLP = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "white",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}
"""The marking definitions of TLP 1.0 that the specification fixes (7.2.1.4)."""

TLP_2 = {
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "red",
}
"""The marking definitions of TLP 2.0, from the OASIS common object repository."""

TLP_2_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
