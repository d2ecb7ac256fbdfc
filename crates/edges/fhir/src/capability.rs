//! What the server says that it can: one table, from which the statement is written and against which the routes are tested.

use linli_kernel::Ts;
use linli_webkit::T;
use serde_json::{Value, json};

use crate::own_parameters::definition;
use crate::table::{Parameter, Room, SERVED, Served};

/// What can be done with the whole server.
pub(crate) const WHOLE: [&str; 2] = ["batch", "transaction"];

/// The `CapabilityStatement`.
pub(crate) fn statement(t: &T, base: &str, at: Ts, rooms: &[Room]) -> Value {
    let code = |code: &&str| json!({ "code": code });
    let parameters = |served: &Served| -> Vec<Value> {
        let one = |parameter: &Parameter| {
            json!({
                "name": parameter.name,
                "definition": definition(base, served, parameter),
                "type": parameter.kind.as_str(),
            })
        };
        served.search.iter().map(one).collect()
    };
    let resources: Vec<Value> = SERVED
        .iter()
        .filter(|served| rooms.contains(&served.room))
        .map(|served| {
            let mut said = json!({
                "type": served.kind,
                "interaction": served.interactions.iter().map(code).collect::<Vec<_>>(),
                "versioning": "versioned-update",
                "readHistory": false,
                "updateCreate": false,
                "conditionalCreate": served.conditional_create,
                "conditionalRead": "not-match",
                "conditionalUpdate": false,
                "conditionalDelete": "not-supported",
                "referencePolicy": served.references(),
                "documentation": t.s(served.about),
            });
            for (name, values) in [
                ("supportedProfile", served.profiles),
                ("searchInclude", served.include),
                ("searchRevInclude", served.revinclude),
            ] {
                if let (Some(fields), false) = (said.as_object_mut(), values.is_empty()) {
                    fields.insert(name.to_owned(), json!(values));
                }
            }
            let operations: Vec<Value> =
                served.operations.iter().map(|known| json!({ "name": known.name, "definition": known.definition, "documentation": t.s("fhir-capability-operations") })).collect();
            if let (Some(fields), false) = (said.as_object_mut(), operations.is_empty()) {
                fields.insert("operation".to_owned(), json!(operations));
            }
            // There is no empty list in FHIR.
            let parameters = parameters(served);
            if let (Some(fields), false) = (said.as_object_mut(), parameters.is_empty()) {
                fields.insert("searchParam".to_owned(), json!(parameters));
            }
            said
        })
        .collect();
    let mut statement = json!({
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
        }],
    });
    if let Some(rest) = statement.pointer_mut("/rest/0").and_then(Value::as_object_mut) {
        rest.insert("interaction".to_owned(), json!(WHOLE.iter().map(code).collect::<Vec<_>>()));
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said to be there has a route, and every route that takes a key is said to be there.
    #[test]
    fn the_statement_and_the_routes_are_one() {
        let module = crate::module(&[Room::Care, Room::Treatment, Room::Notices]);
        let routes: Vec<String> = module
            .routes
            .specs()
            .iter()
            // EDXL-HAVE beside it is no FHIR.
            .filter(|spec| spec.access == linli_webkit::Access::Machine && spec.path.starts_with(crate::ENDPOINT))
            .map(|spec| format!("{} {}", spec.method, spec.path))
            .collect();
        let mut said = vec!["POST /fhir".to_owned(), "POST /fhir/".to_owned()];
        for served in SERVED {
            let (all, one) = (format!("/fhir/{}", served.kind), format!("/fhir/{}/{{id}}", served.kind));
            for interaction in served.interactions {
                match *interaction {
                    "read" => said.push(format!("GET {one}")),
                    "update" => said.push(format!("PUT {one}")),
                    "delete" => said.push(format!("DELETE {one}")),
                    "create" => said.push(format!("POST {all}")),
                    "search-type" => said.extend([format!("GET {all}"), format!("POST {all}/_search")]),
                    other => panic!("{other} has no route"),
                }
            }
        }
        for served in SERVED {
            for known in served.operations {
                let of = if known.of_one { "/{id}" } else { "" };
                said.extend(known.methods.iter().map(|method| format!("{method} /fhir/{}{of}/${}", served.kind, known.name)));
            }
        }
        said.sort();
        let mut routes = routes;
        routes.sort();
        assert_eq!(said, routes);
    }
}
