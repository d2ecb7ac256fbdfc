//! What a bundle holds, before anything of it is done; and how what is wrong with an entry is told in the words of the bundle.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::node::{Node, Reader};
use crate::outcome::{Issue, Kind, Refusal};

/// Most entries of a bundle.
const ENTRIES_MAX: usize = 200;

/// What a bundle asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BundleKind {
    Batch,
    Transaction,
}

impl BundleKind {
    pub(super) const fn answered(self) -> &'static str {
        match self {
            Self::Batch => "batch-response",
            Self::Transaction => "transaction-response",
        }
    }
}

/// An entry: where it stands, and what is in it.
pub(super) struct Entry<'a> {
    pub(super) path: String,
    pub(super) node: Node<'a>,
}

pub(super) fn read_bundle(value: &Value) -> Result<(BundleKind, Vec<Entry<'_>>), Refusal> {
    let (mut reader, root) = (Reader::default(), Node::root(value, "Bundle"));
    if root.text("resourceType") != Some("Bundle") {
        let issue = Issue::new(Kind::Structure, "fhir-error-type").arg("wanted", "Bundle").at("Bundle");
        return Err(Refusal::unreadable(vec![issue]));
    }
    let known = ["resourceType", "meta", "language", "identifier", "type", "timestamp", "total", "link", "entry", "signature"];
    reader.object(&root, &known);
    reader.lists(&root, &["entry", "link"]);
    let kind = match root.text("type") {
        Some("batch") => Some(BundleKind::Batch),
        Some("transaction") => Some(BundleKind::Transaction),
        Some(_) => {
            reader.note(Issue::new(Kind::NotSupported, "fhir-error-bundle-type").at("Bundle.type"));
            None
        }
        None => {
            reader.note(Issue::new(Kind::Required, "fhir-error-required").at("Bundle.type"));
            None
        }
    };
    let entries = root.list("entry");
    if entries.len() > ENTRIES_MAX {
        let issue = Issue::new(Kind::TooLong, "fhir-error-entries").arg("most", ENTRIES_MAX.to_string());
        reader.note(issue.at("Bundle.entry"));
    }
    // Whoever is referred to within a bundle is one entry of it.
    let mut seen = BTreeSet::new();
    for entry in &entries {
        if let Some(url) = entry.text("fullUrl").filter(|url| !seen.insert(*url)) {
            let issue = Issue::new(Kind::Duplicate, "fhir-error-entry-twice").arg("url", url);
            reader.note(issue.at(format!("{}.fullUrl", entry.path)));
        }
    }
    match kind {
        Some(kind) if reader.issues.is_empty() => {
            Ok((kind, entries.into_iter().map(|node| Entry { path: node.path.clone(), node }).collect()))
        }
        _ => Err(Refusal::unreadable(reader.issues)),
    }
}

/// A path of an entry within its bundle. What is wrong with the request itself is told where the entry has its request.
pub(super) fn placed(expression: Option<&str>, entry: &str, has_body: bool) -> String {
    match expression {
        Some("http.If-Match") => format!("{entry}.request.ifMatch"),
        Some("http.If-None-Exist") => format!("{entry}.request.ifNoneExist"),
        Some(inner) if has_body && !inner.starts_with("http.") => match inner.split_once('.') {
            Some((_, rest)) => format!("{entry}.resource.{rest}"),
            None => format!("{entry}.resource"),
        },
        None if has_body => format!("{entry}.resource"),
        _ => format!("{entry}.request.url"),
    }
}

pub(super) fn moved(refusal: Refusal, entry: &str, has_body: bool) -> Refusal {
    let place = |mut issue: Issue| {
        issue.expression = Some(placed(issue.expression.as_deref(), entry, has_body));
        issue
    };
    Refusal { issues: refusal.issues.into_iter().map(place).collect(), ..refusal }
}
