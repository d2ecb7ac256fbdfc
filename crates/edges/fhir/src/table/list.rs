//! The table itself.

use super::{BOTH, GET, ID, LAST_UPDATED, Operation, POST, Parameter, Room, Served, Type, operation, own, parameter, shelf};

const OF_MEASURES: &[Operation] = &[
    operation("report-csv", "http://hl7.org/fhir/uv/saner/OperationDefinition/Measure-report-csv", true, POST),
    operation("evaluate-measure", "http://hl7.org/fhir/uv/saner/OperationDefinition/Measure-evaluate-measure", true, BOTH),
];
const OF_REPORTS: &[Operation] = &[
    operation("aggregate", "http://hl7.org/fhir/uv/saner/OperationDefinition/MeasureReport-aggregate", false, BOTH),
    operation("search-csv", "http://hl7.org/fhir/uv/saner/OperationDefinition/MeasureReport-search-csv", false, BOTH),
    operation("read-csv", "http://hl7.org/fhir/uv/saner/OperationDefinition/MeasureReport-read-csv", true, GET),
];

/// The resources.
pub(crate) const SERVED: &[Served] = &[
    Served {
        kind: "Observation",
        room: Room::Care,
        profiles: &[
            "http://hl7.org/fhir/StructureDefinition/oxygensat",
            "http://hl7.org/fhir/StructureDefinition/heartrate",
            "http://hl7.org/fhir/StructureDefinition/resprate",
            "http://hl7.org/fhir/StructureDefinition/bodytemp",
            "http://hl7.org/fhir/StructureDefinition/bp",
        ],
        interactions: &["read", "update", "create", "search-type"],
        search: &[
            parameter("subject", Type::Reference, "http://hl7.org/fhir/SearchParameter/Observation-subject", ""),
            parameter("patient", Type::Reference, "http://hl7.org/fhir/SearchParameter/clinical-patient", ""),
            parameter("code", Type::Token, "http://hl7.org/fhir/SearchParameter/clinical-code", ""),
            parameter("category", Type::Token, "http://hl7.org/fhir/SearchParameter/Observation-category", ""),
            parameter("date", Type::Date, "http://hl7.org/fhir/SearchParameter/clinical-date", ""),
            parameter("identifier", Type::Token, "http://hl7.org/fhir/SearchParameter/clinical-identifier", ""),
            parameter("combo-code", Type::Token, "http://hl7.org/fhir/SearchParameter/Observation-combo-code", ""),
            parameter("value-quantity", Type::Quantity, "http://hl7.org/fhir/SearchParameter/Observation-value-quantity", ""),
            parameter("device", Type::Reference, "http://hl7.org/fhir/SearchParameter/Observation-device", ""),
            ID,
            LAST_UPDATED,
        ],
        include: &[],
        revinclude: &[],
        conditional_create: true,
        operations: &[],
        about: "fhir-capability-observation",
    },
    Served {
        room: Room::Care,
        ..shelf(
            "Group",
            &[
                parameter("type", Type::Token, "http://hl7.org/fhir/SearchParameter/Group-type", "type"),
                parameter("actual", Type::Token, "http://hl7.org/fhir/SearchParameter/Group-actual", "actual"),
                parameter("code", Type::Token, "http://hl7.org/fhir/SearchParameter/Group-code", "code"),
                parameter("identifier", Type::Token, "http://hl7.org/fhir/SearchParameter/Group-identifier", "identifier"),
                parameter(
                    "managing-entity",
                    Type::Reference,
                    "http://hl7.org/fhir/SearchParameter/Group-managing-entity",
                    "managingEntity",
                ),
                ID,
            ],
            [&[], &[]],
            "fhir-capability-group",
        )
    },
    Served {
        room: Room::Care,
        ..shelf(
            "Flag",
            &[
                parameter("date", Type::Date, "http://hl7.org/fhir/SearchParameter/clinical-date", "period"),
                parameter("subject", Type::Reference, "http://hl7.org/fhir/SearchParameter/Flag-subject", "subject"),
                parameter("patient", Type::Reference, "http://hl7.org/fhir/SearchParameter/clinical-patient", "subject"),
                parameter("identifier", Type::Token, "http://hl7.org/fhir/SearchParameter/Flag-identifier", "identifier"),
                // R4 has none for these; names of our own.
                own("status", Type::Token, "status"),
                own("category", Type::Token, "category"),
                own("code", Type::Token, "code"),
                ID,
                LAST_UPDATED,
            ],
            [&[], &[]],
            "fhir-capability-flag",
        )
    },
    shelf(
        "Organization",
        &[
            parameter("identifier", Type::Token, "http://hl7.org/fhir/SearchParameter/Organization-identifier", "identifier"),
            parameter("name", Type::Words, "http://hl7.org/fhir/SearchParameter/Organization-name", "name | alias"),
            parameter("active", Type::Token, "http://hl7.org/fhir/SearchParameter/Organization-active", "active"),
            parameter("type", Type::Token, "http://hl7.org/fhir/SearchParameter/Organization-type", "type"),
            parameter("address", Type::Words, "http://hl7.org/fhir/SearchParameter/Organization-address", "address"),
            ID,
            LAST_UPDATED,
        ],
        [
            &[],
            &[
                "Location:organization",
                "HealthcareService:organization",
                "OrganizationAffiliation:primary-organization",
                "OrganizationAffiliation:participating-organization",
            ],
        ],
        "fhir-capability-organization",
    ),
    shelf(
        "OrganizationAffiliation",
        &[
            parameter("active", Type::Token, "http://hl7.org/fhir/SearchParameter/OrganizationAffiliation-active", "active"),
            parameter("date", Type::Date, "http://hl7.org/fhir/SearchParameter/OrganizationAffiliation-date", "period"),
            parameter(
                "primary-organization",
                Type::Reference,
                "http://hl7.org/fhir/SearchParameter/OrganizationAffiliation-primary-organization",
                "organization",
            ),
            parameter(
                "participating-organization",
                Type::Reference,
                "http://hl7.org/fhir/SearchParameter/OrganizationAffiliation-participating-organization",
                "participatingOrganization",
            ),
            parameter("role", Type::Token, "http://hl7.org/fhir/SearchParameter/OrganizationAffiliation-role", "code"),
            ID,
            LAST_UPDATED,
        ],
        [&["OrganizationAffiliation:primary-organization", "OrganizationAffiliation:participating-organization"], &[]],
        "fhir-capability-affiliation",
    ),
    shelf(
        "Location",
        &[
            parameter("identifier", Type::Token, "http://hl7.org/fhir/SearchParameter/Location-identifier", "identifier"),
            parameter("name", Type::Words, "http://hl7.org/fhir/SearchParameter/Location-name", "name"),
            parameter("status", Type::Token, "http://hl7.org/fhir/SearchParameter/Location-status", "status"),
            parameter(
                "operational-status",
                Type::Token,
                "http://hl7.org/fhir/SearchParameter/Location-operational-status",
                "operationalStatus",
            ),
            parameter("type", Type::Token, "http://hl7.org/fhir/SearchParameter/Location-type", "type"),
            // R4 has none for it; a name of our own.
            own("physical-type", Type::Token, "physicalType"),
            parameter("partof", Type::Reference, "http://hl7.org/fhir/SearchParameter/Location-partof", "partOf"),
            parameter(
                "organization",
                Type::Reference,
                "http://hl7.org/fhir/SearchParameter/Location-organization",
                "managingOrganization",
            ),
            parameter("address", Type::Words, "http://hl7.org/fhir/SearchParameter/Location-address", "address"),
            parameter("address-city", Type::Words, "http://hl7.org/fhir/SearchParameter/Location-address-city", "address.city"),
            parameter(
                "address-state",
                Type::Words,
                "http://hl7.org/fhir/SearchParameter/Location-address-state",
                "address.state",
            ),
            parameter(
                "address-postalcode",
                Type::Words,
                "http://hl7.org/fhir/SearchParameter/Location-address-postalcode",
                "address.postalCode",
            ),
            parameter(
                "address-country",
                Type::Words,
                "http://hl7.org/fhir/SearchParameter/Location-address-country",
                "address.country",
            ),
            parameter("address-use", Type::Token, "http://hl7.org/fhir/SearchParameter/Location-address-use", "address.use"),
            parameter("near", Type::Special, "http://hl7.org/fhir/SearchParameter/Location-near", "position"),
            ID,
            LAST_UPDATED,
        ],
        [&["Location:organization", "Location:partof"], &["HealthcareService:location", "Location:partof"]],
        "fhir-capability-location",
    ),
    shelf(
        "HealthcareService",
        &[
            parameter(
                "identifier",
                Type::Token,
                "http://hl7.org/fhir/SearchParameter/HealthcareService-identifier",
                "identifier",
            ),
            parameter("name", Type::Words, "http://hl7.org/fhir/SearchParameter/HealthcareService-name", "name"),
            parameter("active", Type::Token, "http://hl7.org/fhir/SearchParameter/HealthcareService-active", "active"),
            parameter("service-type", Type::Token, "http://hl7.org/fhir/SearchParameter/HealthcareService-service-type", "type"),
            parameter(
                "service-category",
                Type::Token,
                "http://hl7.org/fhir/SearchParameter/HealthcareService-service-category",
                "category",
            ),
            parameter("specialty", Type::Token, "http://hl7.org/fhir/SearchParameter/HealthcareService-specialty", "specialty"),
            parameter(
                "characteristic",
                Type::Token,
                "http://hl7.org/fhir/SearchParameter/HealthcareService-characteristic",
                "characteristic",
            ),
            parameter(
                "organization",
                Type::Reference,
                "http://hl7.org/fhir/SearchParameter/HealthcareService-organization",
                "providedBy",
            ),
            parameter("location", Type::Reference, "http://hl7.org/fhir/SearchParameter/HealthcareService-location", "location"),
            parameter(
                "coverage-area",
                Type::Reference,
                "http://hl7.org/fhir/SearchParameter/HealthcareService-coverage-area",
                "coverageArea",
            ),
            ID,
            LAST_UPDATED,
        ],
        [&["HealthcareService:organization", "HealthcareService:location"], &[]],
        "fhir-capability-service",
    ),
    Served {
        operations: OF_MEASURES,
        ..shelf(
            "Measure",
            &[
                parameter("url", Type::Uri, "http://hl7.org/fhir/SearchParameter/Measure-url", "url"),
                parameter("name", Type::Words, "http://hl7.org/fhir/SearchParameter/Measure-name", "name"),
                parameter("title", Type::Words, "http://hl7.org/fhir/SearchParameter/Measure-title", "title"),
                parameter("status", Type::Token, "http://hl7.org/fhir/SearchParameter/Measure-status", "status"),
                parameter("version", Type::Token, "http://hl7.org/fhir/SearchParameter/Measure-version", "version"),
                // SANER's, for what is measured and for any words of a form.
                Parameter {
                    name: "code",
                    kind: Type::Token,
                    definition: Some("http://hl7.org/fhir/uv/saner/SearchParameter/SearchParameter-code"),
                    path: "group.code | group.population.code",
                },
                Parameter {
                    name: "definition-text",
                    kind: Type::Text,
                    definition: Some("http://hl7.org/fhir/uv/saner/SearchParameter/SearchParameter-definition-text"),
                    path: "title | name | group.population.description",
                },
                ID,
                LAST_UPDATED,
            ],
            [&[], &["MeasureReport:measure"]],
            "fhir-capability-measure",
        )
    },
    Served {
        interactions: &["read", "update", "create", "search-type"],
        conditional_create: true,
        operations: OF_REPORTS,
        ..shelf(
            "MeasureReport",
            &[
                parameter("date", Type::Date, "http://hl7.org/fhir/SearchParameter/MeasureReport-date", "date"),
                parameter("period", Type::Date, "http://hl7.org/fhir/SearchParameter/MeasureReport-period", "period"),
                parameter("measure", Type::Address, "http://hl7.org/fhir/SearchParameter/MeasureReport-measure", "measure"),
                parameter("subject", Type::Reference, "http://hl7.org/fhir/SearchParameter/MeasureReport-subject", "subject"),
                parameter("reporter", Type::Reference, "http://hl7.org/fhir/SearchParameter/MeasureReport-reporter", "reporter"),
                parameter("status", Type::Token, "http://hl7.org/fhir/SearchParameter/MeasureReport-status", "status"),
                // Chains that SANER wants of whoever is asked for reports.
                parameter("measure.title", Type::Words, "http://hl7.org/fhir/SearchParameter/Measure-title", ""),
                parameter("subject:Location.near", Type::Special, "http://hl7.org/fhir/SearchParameter/Location-near", ""),
                ID,
                LAST_UPDATED,
            ],
            [&["MeasureReport:subject", "MeasureReport:reporter", "MeasureReport:measure"], &[]],
            "fhir-capability-report",
        )
    },
    Served {
        interactions: &["read", "create", "search-type"],
        conditional_create: true,
        ..shelf(
            "ServiceRequest",
            &[
                parameter("status", Type::Token, "http://hl7.org/fhir/SearchParameter/ServiceRequest-status", "status"),
                parameter("intent", Type::Token, "http://hl7.org/fhir/SearchParameter/ServiceRequest-intent", "intent"),
                parameter("priority", Type::Token, "http://hl7.org/fhir/SearchParameter/ServiceRequest-priority", "priority"),
                parameter("category", Type::Token, "http://hl7.org/fhir/SearchParameter/ServiceRequest-category", "category"),
                parameter("code", Type::Token, "http://hl7.org/fhir/SearchParameter/clinical-code", "code"),
                parameter("authored", Type::Date, "http://hl7.org/fhir/SearchParameter/ServiceRequest-authored", "authoredOn"),
                parameter(
                    "requester",
                    Type::Reference,
                    "http://hl7.org/fhir/SearchParameter/ServiceRequest-requester",
                    "requester",
                ),
                parameter(
                    "performer",
                    Type::Reference,
                    "http://hl7.org/fhir/SearchParameter/ServiceRequest-performer",
                    "performer",
                ),
                parameter("subject", Type::Reference, "http://hl7.org/fhir/SearchParameter/ServiceRequest-subject", "subject"),
                parameter("patient", Type::Reference, "http://hl7.org/fhir/SearchParameter/clinical-patient", "subject"),
                parameter("identifier", Type::Token, "http://hl7.org/fhir/SearchParameter/clinical-identifier", "identifier"),
                parameter(
                    "requisition",
                    Type::Token,
                    "http://hl7.org/fhir/SearchParameter/ServiceRequest-requisition",
                    "requisition",
                ),
                ID,
                LAST_UPDATED,
            ],
            [
                &["ServiceRequest:requester", "ServiceRequest:performer", "ServiceRequest:subject", "ServiceRequest:patient"],
                &["Task:focus", "Task:based-on", "Encounter:based-on"],
            ],
            "fhir-capability-request",
        )
    },
    Served {
        interactions: &["read", "update", "create", "search-type"],
        conditional_create: true,
        ..shelf(
            "Task",
            &[
                parameter("status", Type::Token, "http://hl7.org/fhir/SearchParameter/Task-status", "status"),
                parameter(
                    "business-status",
                    Type::Token,
                    "http://hl7.org/fhir/SearchParameter/Task-business-status",
                    "businessStatus",
                ),
                parameter("owner", Type::Reference, "http://hl7.org/fhir/SearchParameter/Task-owner", "owner"),
                parameter("requester", Type::Reference, "http://hl7.org/fhir/SearchParameter/Task-requester", "requester"),
                parameter("focus", Type::Reference, "http://hl7.org/fhir/SearchParameter/Task-focus", "focus"),
                parameter("based-on", Type::Reference, "http://hl7.org/fhir/SearchParameter/Task-based-on", "basedOn"),
                parameter("subject", Type::Reference, "http://hl7.org/fhir/SearchParameter/Task-subject", "for"),
                parameter("patient", Type::Reference, "http://hl7.org/fhir/SearchParameter/Task-patient", "for"),
                parameter("authored-on", Type::Date, "http://hl7.org/fhir/SearchParameter/Task-authored-on", "authoredOn"),
                parameter("modified", Type::Date, "http://hl7.org/fhir/SearchParameter/Task-modified", "lastModified"),
                parameter("priority", Type::Token, "http://hl7.org/fhir/SearchParameter/Task-priority", "priority"),
                parameter("intent", Type::Token, "http://hl7.org/fhir/SearchParameter/Task-intent", "intent"),
                parameter("code", Type::Token, "http://hl7.org/fhir/SearchParameter/Task-code", "code"),
                parameter("period", Type::Date, "http://hl7.org/fhir/SearchParameter/Task-period", "executionPeriod"),
                parameter("part-of", Type::Reference, "http://hl7.org/fhir/SearchParameter/Task-part-of", "partOf"),
                parameter("identifier", Type::Token, "http://hl7.org/fhir/SearchParameter/Task-identifier", "identifier"),
                parameter(
                    "group-identifier",
                    Type::Token,
                    "http://hl7.org/fhir/SearchParameter/Task-group-identifier",
                    "groupIdentifier",
                ),
                ID,
                LAST_UPDATED,
            ],
            [
                &["Task:focus", "Task:based-on", "Task:owner", "Task:requester", "Task:subject", "Task:patient", "Task:part-of"],
                &["Task:part-of"],
            ],
            "fhir-capability-task",
        )
    },
    Served {
        interactions: &["read", "update", "search-type"],
        ..shelf(
            "Encounter",
            &[
                parameter("status", Type::Token, "http://hl7.org/fhir/SearchParameter/Encounter-status", "status"),
                parameter("class", Type::Token, "http://hl7.org/fhir/SearchParameter/Encounter-class", "class"),
                parameter("type", Type::Token, "http://hl7.org/fhir/SearchParameter/clinical-type", "type"),
                parameter("date", Type::Date, "http://hl7.org/fhir/SearchParameter/clinical-date", "period"),
                parameter(
                    "location",
                    Type::Reference,
                    "http://hl7.org/fhir/SearchParameter/Encounter-location",
                    "location.location",
                ),
                parameter(
                    "location-period",
                    Type::Date,
                    "http://hl7.org/fhir/SearchParameter/Encounter-location-period",
                    "location.period",
                ),
                parameter(
                    "service-provider",
                    Type::Reference,
                    "http://hl7.org/fhir/SearchParameter/Encounter-service-provider",
                    "serviceProvider",
                ),
                parameter("based-on", Type::Reference, "http://hl7.org/fhir/SearchParameter/Encounter-based-on", "basedOn"),
                parameter("part-of", Type::Reference, "http://hl7.org/fhir/SearchParameter/Encounter-part-of", "partOf"),
                parameter(
                    "episode-of-care",
                    Type::Reference,
                    "http://hl7.org/fhir/SearchParameter/Encounter-episode-of-care",
                    "episodeOfCare",
                ),
                parameter("subject", Type::Reference, "http://hl7.org/fhir/SearchParameter/Encounter-subject", "subject"),
                parameter("patient", Type::Reference, "http://hl7.org/fhir/SearchParameter/clinical-patient", "subject"),
                parameter("identifier", Type::Token, "http://hl7.org/fhir/SearchParameter/clinical-identifier", "identifier"),
                ID,
                LAST_UPDATED,
            ],
            [
                &[
                    "Encounter:based-on",
                    "Encounter:location",
                    "Encounter:service-provider",
                    "Encounter:subject",
                    "Encounter:patient",
                ],
                &[],
            ],
            "fhir-capability-encounter",
        )
    },
    Served {
        room: Room::Notices,
        interactions: &["read", "create", "delete", "search-type"],
        ..shelf(
            "Subscription",
            &[
                parameter("status", Type::Token, "http://hl7.org/fhir/SearchParameter/Subscription-status", "status"),
                parameter("criteria", Type::Words, "http://hl7.org/fhir/SearchParameter/Subscription-criteria", "criteria"),
                parameter("payload", Type::Token, "http://hl7.org/fhir/SearchParameter/Subscription-payload", "channel.payload"),
                parameter("type", Type::Token, "http://hl7.org/fhir/SearchParameter/Subscription-type", "channel.type"),
                parameter("url", Type::Uri, "http://hl7.org/fhir/SearchParameter/Subscription-url", "channel.endpoint"),
                ID,
                LAST_UPDATED,
            ],
            [&[], &[]],
            "fhir-capability-subscription",
        )
    },
    Served { interactions: &["read"], ..shelf("Patient", &[], [&[], &[]], "fhir-capability-patient") },
    Served {
        room: Room::Notices,
        ..shelf(
            "SearchParameter",
            &[
                parameter("url", Type::Uri, "http://hl7.org/fhir/SearchParameter/SearchParameter-url", "url"),
                parameter("code", Type::Token, "http://hl7.org/fhir/SearchParameter/SearchParameter-code", "code"),
                parameter("base", Type::Token, "http://hl7.org/fhir/SearchParameter/SearchParameter-base", "base"),
                parameter("type", Type::Token, "http://hl7.org/fhir/SearchParameter/SearchParameter-type", "type"),
                ID,
            ],
            [&[], &[]],
            "fhir-capability-parameter",
        )
    },
];
