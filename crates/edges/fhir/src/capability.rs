//! What the server says that it can: one table, from which the statement is written and against which the routes are tested.

use linli_kernel::Ts;
use linli_webkit::T;
use serde_json::{Value, json};

/// A parameter of a search.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    kind: &'static str,
    definition: Option<&'static str>,
}

const fn parameter(name: &'static str, kind: &'static str, definition: &'static str) -> Parameter {
    Parameter { name, kind, definition: Some(definition) }
}

/// A resource that is served.
pub(crate) struct Served {
    pub(crate) kind: &'static str,
    profiles: &'static [&'static str],
    pub(crate) interactions: &'static [&'static str],
    pub(crate) search: &'static [Parameter],
}

/// The resources.
pub(crate) const SERVED: [Served; 1] = [Served {
    kind: "Observation",
    profiles: &[
        "http://hl7.org/fhir/StructureDefinition/oxygensat",
        "http://hl7.org/fhir/StructureDefinition/heartrate",
        "http://hl7.org/fhir/StructureDefinition/resprate",
        "http://hl7.org/fhir/StructureDefinition/bodytemp",
        "http://hl7.org/fhir/StructureDefinition/bp",
    ],
    interactions: &["read", "update", "create", "search-type"],
    search: &[
        parameter("subject", "reference", "http://hl7.org/fhir/SearchParameter/Observation-subject"),
        parameter("patient", "reference", "http://hl7.org/fhir/SearchParameter/clinical-patient"),
        parameter("code", "token", "http://hl7.org/fhir/SearchParameter/clinical-code"),
        parameter("category", "token", "http://hl7.org/fhir/SearchParameter/Observation-category"),
        parameter("date", "date", "http://hl7.org/fhir/SearchParameter/clinical-date"),
        parameter("identifier", "token", "http://hl7.org/fhir/SearchParameter/clinical-identifier"),
        parameter("_id", "token", "http://hl7.org/fhir/SearchParameter/Resource-id"),
        parameter("_lastUpdated", "date", "http://hl7.org/fhir/SearchParameter/Resource-lastUpdated"),
    ],
}];

/// What can be done with the whole server.
pub(crate) const WHOLE: [&str; 2] = ["batch", "transaction"];

/// The `CapabilityStatement`.
pub(crate) fn statement(t: &T, base: &str, at: Ts) -> Value {
    let code = |code: &&str| json!({ "code": code });
    let parameters = |served: &Served| -> Vec<Value> {
        let one = |parameter: &Parameter| {
            let mut said = json!({ "name": parameter.name, "type": parameter.kind });
            if let (Some(definition), Some(fields)) = (parameter.definition, said.as_object_mut()) {
                fields.insert("definition".to_owned(), json!(definition));
            }
            said
        };
        served.search.iter().map(one).collect()
    };
    let resources: Vec<Value> = SERVED
        .iter()
        .map(|served| {
            json!({
                "type": served.kind,
                "supportedProfile": served.profiles,
                "interaction": served.interactions.iter().map(code).collect::<Vec<_>>(),
                "versioning": "versioned-update",
                "readHistory": false,
                "updateCreate": false,
                "conditionalCreate": true,
                "conditionalRead": "not-match",
                "conditionalUpdate": false,
                "conditionalDelete": "not-supported",
                "referencePolicy": ["logical"],
                "searchParam": parameters(served),
                "documentation": t.s("fhir-capability-observation"),
            })
        })
        .collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": at.rfc3339(),
        "kind": "instance",
        "software": { "name": "Linli", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": t.s("fhir-capability-server"), "url": base },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{
            "mode": "server",
            "documentation": t.s("fhir-capability-rest"),
            "security": {
                "cors": false,
                "description": t.s("fhir-capability-security"),
            },
            "resource": resources,
            "interaction": WHOLE.iter().map(code).collect::<Vec<_>>(),
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said to be there has a route, and every route that takes a key is said to be there.
    #[test]
    fn the_statement_and_the_routes_are_one() {
        let module = crate::module();
        let routes: Vec<String> = module
            .routes
            .specs()
            .iter()
            .filter(|spec| spec.access == linli_webkit::Access::Machine)
            .map(|spec| format!("{} {}", spec.method, spec.path))
            .collect();
        let mut said = vec!["POST /fhir".to_owned()];
        for served in SERVED {
            let (all, one) = (format!("/fhir/{}", served.kind), format!("/fhir/{}/{{id}}", served.kind));
            for interaction in served.interactions {
                match *interaction {
                    "read" => said.push(format!("GET {one}")),
                    "update" => said.push(format!("PUT {one}")),
                    "create" => said.push(format!("POST {all}")),
                    "search-type" => said.extend([format!("GET {all}"), format!("POST {all}/_search")]),
                    other => panic!("{other} has no route"),
                }
            }
        }
        said.sort();
        let mut routes = routes;
        routes.sort();
        assert_eq!(said, routes);
    }
}
