//! To whom a resource that was sent refers: by an id, by an identifier, or by both.

use linli_treatment::model::Institution;
use linli_treatment::queries::directory::{Directory, Listed};

use crate::item::reference;
use crate::network::codes::CODE;
use crate::node::{Node, Reader};
use crate::observation::read::URI;
use crate::outcome::{Issue, Kind};

/// An institution as it is referred to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Referred {
    pub(crate) id: Option<String>,
    pub(crate) identifier: Option<(String, String)>,
    pub(crate) path: String,
}

/// The member of that name, as a reference to one of a kind.
pub(crate) fn referred(reader: &mut Reader, root: &Node<'_>, name: &str, kind: &str) -> Option<Referred> {
    referred_at(reader, &root.get(name)?, kind)
}

/// A reference to one of a kind.
pub(crate) fn referred_at(reader: &mut Reader, node: &Node<'_>, kind: &str) -> Option<Referred> {
    if !reader.object(node, &["reference", "type", "identifier", "display"]) {
        return None;
    }
    reader.texts(node, &["reference", "type", "display"]);
    let mut found = Referred { path: node.path.clone(), ..Referred::default() };
    if let Some(text) = node.text("reference") {
        match reference(text) {
            Some((of, id)) if of == kind => found.id = Some(id.to_owned()),
            _ => {
                let issue = Issue::new(Kind::Value, "fhir-error-reference").arg("wanted", kind.to_owned());
                reader.note(issue.at(format!("{}.reference", node.path)));
            }
        }
    }
    if let Some(identifier) = node.get("identifier") {
        reader.object(&identifier, &["use", "type", "system", "value", "period", "assigner"]);
        let part = |name: &str| identifier.text(name).unwrap_or_default().to_owned();
        found.identifier = Some((part("system"), part("value"))).filter(|(_, value)| !value.is_empty());
    }
    if found.id.is_none() && found.identifier.is_none() && reader.issues.is_empty() {
        reader.note(Issue::new(Kind::Required, "fhir-error-required").at(format!("{}.reference", node.path)));
    }
    Some(found)
}

impl Referred {
    /// Whether this institution is meant. An id says it for certain; beside it an identifier of another's register may stand.
    pub(crate) fn is(&self, known: &Institution) -> bool {
        let number = format!("urn:uuid:{}", known.id);
        let identified = |(system, value): &(String, String)| match system.as_str() {
            CODE => *value == known.code,
            URI => *value == number,
            _ => false,
        };
        let by_id = self.id.as_ref().map(|id| *id == known.id.to_string());
        by_id.unwrap_or_else(|| self.identifier.as_ref().is_some_and(identified))
    }

    /// The institution that is meant, where the register has it.
    pub(crate) fn institution<'a>(&self, register: &'a Directory) -> Option<&'a Listed> {
        match &self.id {
            Some(id) => register.institution(id.parse().ok()?),
            None => register.listed().find(|listed| self.is(&listed.institution)),
        }
    }
}
