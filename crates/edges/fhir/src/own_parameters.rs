//! Parameters of searches that R4 does not have and this endpoint defines itself (`SearchParameter`).

use linli_kernel::Ts;
use linli_webkit::RequestInfo;
use serde_json::{Value, json};

use crate::item::Whole;
use crate::network::versioned;
use crate::table::{Parameter, SERVED, Served};

/// The id of the definition of one.
fn id(of: &Served, parameter: &Parameter) -> String {
    format!("{}-{}", of.kind, parameter.name)
}

/// Where the definition of a parameter stands: that of HL7 or SANER, or the endpoint's own.
pub(crate) fn definition(base: &str, of: &Served, parameter: &Parameter) -> String {
    parameter.definition.map_or_else(|| format!("{base}/SearchParameter/{}", id(of, parameter)), str::to_owned)
}

/// The definitions of our own.
pub(crate) fn parameters_of_ours(base: &str, info: &RequestInfo) -> Vec<Whole> {
    let one = |(of, parameter): (&Served, &Parameter)| {
        let expression: Vec<String> = parameter.path.split(" | ").map(|path| format!("{}.{path}", of.kind)).collect();
        let value: Value = json!({
            "resourceType": "SearchParameter",
            "id": id(of, parameter),
            "url": definition(base, of, parameter),
            "name": parameter.name,
            "status": "active",
            "description": info.t().s("fhir-own-parameter"),
            "code": parameter.name,
            "base": [of.kind],
            "type": parameter.kind.as_str(),
            "expression": expression.join(" | "),
            "xpathUsage": "normal",
        });
        Whole { value: versioned(value, Ts(0)), changed: Ts(0) }
    };
    let all = SERVED.iter().flat_map(|of| of.search.iter().map(move |parameter| (of, parameter)));
    all.filter(|(_, parameter)| parameter.definition.is_none()).map(one).collect()
}
