"""The objects of the sandbox org and their fields, as data.

A line is a field: name, type (a reference names its targets), length, then words: `auto` is set by
Salesforce, `once` at creation only, `blind` cannot be filtered, `needed`, `key` is an external id
that is unique, `hidden` is written and never read, `bytes` counts its length in UTF-8.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

KEY_FIELD = "Hub_Key__c"
EVERYWHERE = """
Id id 18 auto
CreatedDate datetime 0 auto
CreatedById User 18 auto
LastModifiedDate datetime 0 auto
LastModifiedById User 18 auto
SystemModstamp datetime 0 auto
IsDeleted boolean 0 auto
"""
OBJECTS = {
    "Case 500": f"""
CaseNumber string 30 auto
Subject string 255
Description textarea 32000 blind
Status picklist 255
Priority picklist 255
Origin picklist 255
Type picklist 255
Reason picklist 255
ContactId Contact 18
AccountId Account 18
ParentId Case 18
OwnerId User|Group 18
SuppliedName string 80 once
SuppliedEmail email 80 once
SuppliedPhone string 40 once
SuppliedCompany string 80 once
Comments textarea 4000 once hidden
IsEscalated boolean 0
IsClosed boolean 0 auto
ClosedDate datetime 0 auto
ContactEmail email 80 auto
ContactPhone phone 40 auto
MasterRecordId Case 18 auto
RecordTypeId RecordType 18
Language__c string 40
Order_Number__c string 20
Product__c picklist 255
Topics__c multipicklist 4099
Seats__c double 0
VIP__c boolean 0
{KEY_FIELD} string 64 key
""",
    "CaseComment 00a": """
ParentId Case 18 once needed
CommentBody textarea 4000 bytes
IsPublished boolean 0
""",
    "EmailMessage 02s": """
ParentId Case 18 once
Subject string 3000
TextBody textarea 32000 blind
HtmlBody textarea 32000 blind
FromAddress email 255
FromName string 255
ToAddress string 4000
Incoming boolean 0 once
Status picklist 40
MessageDate datetime 0
HasAttachment boolean 0 auto
""",
    "FeedItem 0D5": """
ParentId Case 18 once needed
Body textarea 10000 blind
Type picklist 40 once
Visibility picklist 40
""",
    "Contact 003": """
LastName string 80 needed
FirstName string 40
Name string 121 auto
Email email 80
Phone phone 40
MobilePhone phone 40
AccountId Account 18
Description textarea 32000 blind
""",
    "Account 001": """
Name string 255 needed
""",
    "ContentVersion 068": """
ContentDocumentId ContentDocument 18 auto
Title string 255
Description textarea 1000
PathOnClient string 500 once
VersionData base64 0 once blind
FirstPublishLocationId Case|CaseComment|EmailMessage 18 once
FileType string 20 auto
FileExtension string 40 auto
ContentSize int 0 auto
IsLatest boolean 0 auto
""",
    "ContentDocument 069": """
Title string 255
FileType string 20 auto
FileExtension string 40 auto
ContentSize int 0 auto
LatestPublishedVersionId ContentVersion 18 auto
OwnerId User 18 auto
""",
    "ContentDocumentLink 06A": """
ContentDocumentId ContentDocument 18 once needed
LinkedEntityId Case|CaseComment|EmailMessage 18 once needed
ShareType picklist 40
Visibility picklist 40
""",
    "User 005": """
Name string 121 auto
Username string 80 auto
Email email 128 auto
IsActive boolean 0 auto
UserType picklist 40 auto
""",
    "Group 00G": """
Name string 40 auto
DeveloperName string 80 auto
Type picklist 40 auto
""",
    "RecordType 012": """
Name string 80 auto
DeveloperName string 80 auto
SobjectType string 40 auto
IsActive boolean 0 auto
""",
    "CaseStatus 01J": """
ApiName string 255 auto
MasterLabel string 255 auto
IsClosed boolean 0 auto
IsDefault boolean 0 auto
SortOrder int 0 auto
""",
    "Organization 00D": """
Name string 80 auto
IsSandbox boolean 0 auto
InstanceName string 5 auto
OrganizationType picklist 40 auto
""",
}
CHILDREN = {  # relationships of a Case, for queries inside queries
    "casecomments": ("CaseComment", "ParentId"),
    "emailmessages": ("EmailMessage", "ParentId"),
    "feeds": ("FeedItem", "ParentId"),
    "contentdocumentlinks": ("ContentDocumentLink", "LinkedEntityId"),
}
STATUSES = {  # the picklist of this org: is it closed?
    "New": False,
    "Working": False,
    "Escalated": False,
    "Waiting on Customer": False,
    "On Hold": False,
    "Resolved": True,
    "Closed": True,
    "With Legal": False,
}


PICKS = {  # the other picklists; those of `RESTRICTED` take nothing else
    "Priority": ("High", "Medium", "Low"),
    "Origin": ("Phone", "Email", "Web"),
    "Type": ("Question", "Problem", "Feature Request"),
    "Reason": ("Installation", "Performance", "Other"),
    "Product__c": ("Web", "Mobile app"),
    "Topics__c": ("Billing", "Refund", "Delivery"),
}
RESTRICTED = ("Product__c", "Topics__c")

# For the tests: fields of this account, each with a value that it takes.
OWN_FIELDS: dict[str, Any] = {
    "Order_Number__c": "A-20417",
    "Product__c": "Mobile app",
    "Topics__c": ["Billing", "Refund"],
    "Seats__c": 12,
    "VIP__c": True,
}


@dataclass(frozen=True)
class Field:
    """One field of an object; `targets` are what a reference may point to."""

    name: str
    kind: str
    length: int
    words: frozenset[str]
    targets: tuple[str, ...] = ()

    @property
    def relation(self) -> str:
        """How queries walk along a reference: `Contact` for ContactId."""
        return self.name.removesuffix("Id")


@dataclass(frozen=True)
class Kind:
    """One object of the org."""

    name: str
    prefix: str
    fields: dict[str, Field]

    @cached_property
    def by_lower(self) -> dict[str, Field]:
        """Queries do not mind the case of names."""
        return {name.casefold(): field for name, field in self.fields.items()}

    @cached_property
    def relations(self) -> dict[str, Field]:
        return {f.relation.casefold(): f for f in self.fields.values() if f.targets}


def _field(line: str) -> Field:
    name, kind, length, *words = line.split()
    targets = tuple(kind.split("|")) if kind[0].isupper() else ()
    kind = "reference" if targets else kind
    return Field(name, kind, int(length), frozenset(words), targets)


def _kinds() -> dict[str, Kind]:
    found = {}
    for head, lines in OBJECTS.items():
        name, prefix = head.split()
        fields = [_field(line) for line in (EVERYWHERE + lines).split("\n") if line]
        found[name] = Kind(name, prefix, {field.name: field for field in fields})
    return found


KINDS = _kinds()
BY_LOWER = {name.casefold(): kind for name, kind in KINDS.items()}
BY_PREFIX = {kind.prefix: kind for kind in KINDS.values()}
