//! Reading JSON as FHIR writes it: every value knows the path of its element, everything that is wrong is noted, and reading goes on.

use serde_json::{Map, Value};

use crate::outcome::{Issue, Kind};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub(crate) value: &'a Value,
    pub(crate) path: String,
}

/// Notes what is wrong while reading.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) issues: Vec<Issue>,
}

/// Most issues that are named: a file of rubbish is not worth an answer of megabytes.
const MOST: usize = 50;

impl<'a> Node<'a> {
    /// The root, under the name of its type.
    pub(crate) fn root(value: &'a Value, name: &str) -> Self {
        Self { value, path: name.to_owned() }
    }

    /// A member, when it is there.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        Some(Self { value: self.value.get(name)?, path: format!("{}.{name}", self.path) })
    }

    /// The members of a list; of what is no list, nothing.
    pub(crate) fn list(&self, name: &str) -> Vec<Self> {
        let members = self.value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let member = |(i, value)| Self { value, path: format!("{}.{name}[{i}]", self.path) };
        members.iter().enumerate().map(member).collect()
    }

    /// A text, when it is one.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.value.get(name).and_then(Value::as_str)
    }
}

impl Reader {
    /// Notes something.
    pub(crate) fn note(&mut self, issue: Issue) {
        if self.issues.len() < MOST {
            self.issues.push(issue);
        }
    }

    /// What holds everywhere in FHIR JSON: nothing is empty, `null` stands only in lists (beside the extensions of primitives), and no
    /// modifier changes the meaning without being understood.
    pub(crate) fn shape(&mut self, node: &Node<'_>) {
        let wrong = |key: &'static str, path: &str| Issue::new(Kind::Structure, key).at(path);
        match node.value {
            Value::Null => self.note(wrong("fhir-error-null", &node.path)),
            Value::String(text) if text.trim().is_empty() => self.note(wrong("fhir-error-empty", &node.path)),
            Value::Array(members) => {
                if members.is_empty() {
                    self.note(wrong("fhir-error-empty", &node.path));
                }
                for (i, value) in members.iter().enumerate().filter(|(_, value)| !value.is_null()) {
                    self.shape(&Node { value, path: format!("{}[{i}]", node.path) });
                }
            }
            Value::Object(fields) => self.fields(fields, node),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>, node: &Node<'_>) {
        if fields.is_empty() {
            self.note(Issue::new(Kind::Structure, "fhir-error-empty").at(&node.path));
        }
        for (name, value) in fields {
            let path = format!("{}.{name}", node.path);
            if name == "modifierExtension" || name == "implicitRules" {
                self.note(Issue::new(Kind::NotSupported, "fhir-error-modifier").at(path));
                continue;
            }
            self.shape(&Node { value, path });
        }
    }

    /// An object with no members but these, their extensions, `id` and `extension`.
    pub(crate) fn object(&mut self, node: &Node<'_>, known: &[&str]) -> bool {
        let Some(fields) = node.value.as_object() else {
            self.note(Issue::new(Kind::Structure, "fhir-error-object").at(&node.path));
            return false;
        };
        for name in fields.keys() {
            let plain = name.strip_prefix('_').unwrap_or(name);
            if !known.contains(&plain) && !matches!(plain, "id" | "extension" | "modifierExtension" | "implicitRules") {
                let path = format!("{}.{name}", node.path);
                self.note(Issue::new(Kind::Structure, "fhir-error-unknown").arg("name", name.as_str()).at(path));
            }
        }
        true
    }

    /// Says that a member is a text, where it is there.
    pub(crate) fn texts(&mut self, node: &Node<'_>, names: &[&str]) {
        for found in names.iter().filter_map(|name| node.get(name)).filter(|found| !found.value.is_string()) {
            self.note(Issue::new(Kind::Structure, "fhir-error-text").at(found.path));
        }
    }

    /// Says that a member is a list, where it is there.
    pub(crate) fn lists(&mut self, node: &Node<'_>, names: &[&str]) {
        for found in names.iter().filter_map(|name| node.get(name)).filter(|found| !found.value.is_array()) {
            self.note(Issue::new(Kind::Structure, "fhir-error-list").at(found.path));
        }
    }

    /// A `CodeableConcept`: its codings as system and code.
    pub(crate) fn concept<'a>(&mut self, node: &Node<'a>) -> Vec<(&'a str, &'a str, String)> {
        if !self.object(node, &["coding", "text"]) {
            return Vec::new();
        }
        self.texts(node, &["text"]);
        self.lists(node, &["coding"]);
        let mut codings = Vec::new();
        for coding in node.list("coding") {
            self.object(&coding, &["system", "version", "code", "display", "userSelected"]);
            self.texts(&coding, &["system", "version", "code", "display"]);
            if let (Some(system), Some(code)) = (coding.text("system"), coding.text("code")) {
                codings.push((system, code, coding.path));
            }
        }
        codings
    }
}
