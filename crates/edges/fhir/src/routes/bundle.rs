//! `Bundle` at the root: a batch is as many requests as it has entries, a transaction is one.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use linli_care::follow::Desk;
use linli_db::Tx;
use linli_hall::Hall;
use linli_webkit::RequestInfo;
use serde_json::{Value, json};

use super::observation::{create_one, refuse, take_unless, unless_exists, update_in};
use super::{agree, answer, base, desk, house, json as json_body};
use crate::answer::{Wanted, etag, prefer, resource};
use crate::node::{Node, Reader};
use crate::observation::read::{Sent, read as read_observation};
use crate::observation::write::{changed, instant, observation};
use crate::outcome::{Issue, Kind, Refusal};
use crate::program::{Program, count, enter};
use crate::readings::{Failed, Kept, NO_SUBJECT, known, proof, take, take_new, together};

/// Most entries of a bundle.
const ENTRIES_MAX: usize = 200;
/// Largest bundle, in bytes.
const BUNDLE_MAX: usize = 4 * 1024 * 1024;

/// What an entry asks for.
#[derive(Debug, Clone)]
enum Asked<'a> {
    /// A new observation, unless one with this identifier is there.
    Create { resource: &'a Value, unless: Option<String> },
    /// A correction, of a version that the source has seen.
    Update { id: String, resource: &'a Value, version: Option<i64> },
}

/// `POST /`: batch or transaction.
pub(crate) async fn send(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap, body: Body) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let bundle = json_body(&headers, body, BUNDLE_MAX).await?;
        let (kind, entries) = read_bundle(&bundle)?;
        let whole = prefer(&headers).0 == Wanted::Representation;
        let written = Written { base: base(&hall), whole };
        let answers = match kind {
            BundleKind::Batch => batch(&program, &hall, &info, &entries, &written).await,
            BundleKind::Transaction => transaction(&program, &hall, &info, &entries, &written).await?,
        };
        let mut answered = json!({ "resourceType": "Bundle", "type": kind.answered() });
        if let (Some(fields), false) = (answered.as_object_mut(), answers.is_empty()) {
            fields.insert("entry".to_owned(), json!(answers));
        }
        Ok(resource(StatusCode::OK, &answered))
    };
    answer(&info, outcome.await)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BundleKind {
    Batch,
    Transaction,
}

impl BundleKind {
    const fn answered(self) -> &'static str {
        match self {
            Self::Batch => "batch-response",
            Self::Transaction => "transaction-response",
        }
    }
}

/// The entries of a bundle, each with its path.
type Entries<'a> = Vec<(String, Node<'a>)>;

fn read_bundle(value: &Value) -> Result<(BundleKind, Entries<'_>), Refusal> {
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
    match kind {
        Some(kind) if reader.issues.is_empty() => {
            Ok((kind, entries.into_iter().map(|entry| (entry.path.clone(), entry)).collect()))
        }
        _ => Err(Refusal::unreadable(reader.issues)),
    }
}

/// What an entry asks for.
fn asked<'a>(path: &str, entry: &Node<'a>) -> Result<Asked<'a>, Refusal> {
    let wrong = |kind, key, at: &str| Err(Refusal::unreadable(vec![Issue::new(kind, key).at(format!("{path}{at}"))]));
    let Some(request) = entry.get("request") else { return wrong(Kind::Required, "fhir-error-required", ".request") };
    let (Some(method), Some(url)) = (request.text("method"), request.text("url")) else {
        return wrong(Kind::Required, "fhir-error-required", ".request.method");
    };
    let body = || entry.value.get("resource").filter(|resource| resource.is_object());
    let url = url.trim_start_matches('/');
    match (method, url.strip_prefix("Observation/")) {
        ("POST", None) if url == "Observation" => {
            let Some(resource) = body() else { return wrong(Kind::Required, "fhir-error-required", ".resource") };
            let unless = request.text("ifNoneExist").map(unless_exists).transpose();
            match unless {
                Ok(unless) => Ok(Asked::Create { resource, unless }),
                Err(_) => wrong(Kind::NotSupported, "fhir-error-if-none-exist", ".request.ifNoneExist"),
            }
        }
        ("PUT", Some(id)) => {
            let Some(resource) = body() else { return wrong(Kind::Required, "fhir-error-required", ".resource") };
            let seen = request.text("ifMatch");
            let version = seen.map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"').parse::<i64>()).transpose();
            match version {
                Ok(version) => Ok(Asked::Update { id: id.to_owned(), resource, version }),
                Err(_) => wrong(Kind::Value, "fhir-error-if-match", ".request.ifMatch"),
            }
        }
        _ => wrong(Kind::NotSupported, "fhir-error-entry", ".request.url"),
    }
}

/// How answers of entries are written.
struct Written {
    base: String,
    whole: bool,
}

impl Written {
    fn kept(&self, kept: &Kept) -> Value {
        let status = if kept.created { "201 Created" } else { "200 OK" };
        let url = format!("{}/Observation/{}", self.base, kept.id);
        let mut entry = json!({
            "fullUrl": url,
            "response": {
                "status": status,
                "location": url,
                "etag": etag(kept.reading.version),
                "lastModified": instant(changed(&kept.reading)),
            },
        });
        if let (Some(fields), true) = (entry.as_object_mut(), self.whole) {
            fields.insert("resource".to_owned(), observation(&kept.reading, kept.id.part));
        }
        entry
    }
}

/// Each entry by itself: what is wrong with one does not hold up the others.
async fn batch(program: &Program, hall: &Hall, info: &RequestInfo, entries: &Entries<'_>, written: &Written) -> Vec<Value> {
    let mut answers = Vec::with_capacity(entries.len());
    for (path, entry) in entries {
        let done = match asked(path, entry) {
            Ok(asked) => one(program, hall, info, asked).await.map_err(|refusal| refusal.under(&format!("{path}.resource"))),
            Err(refusal) => Err(refusal),
        };
        answers.push(match done {
            Ok(kept) => written.kept(&kept),
            Err(refusal) => {
                let status = refusal.status.to_string();
                json!({ "response": { "status": status, "outcome": refusal.json(info.t()) } })
            }
        });
    }
    answers
}

async fn one(program: &Program, hall: &Hall, info: &RequestInfo, asked: Asked<'_>) -> Result<Kept, Refusal> {
    match asked {
        Asked::Create { resource, unless } => {
            let mut sent = read_observation(resource).map_err(Refusal::unreadable)?;
            create_one(program, hall, info, &mut sent, unless).await
        }
        Asked::Update { id, resource, version } => {
            let mut tx = hall.begin(program.district).await.map_err(house(info))?;
            match update_in(program, &mut tx, (hall, info), (&id, version), resource).await {
                Ok(kept) => {
                    hall.commit(tx).await.map_err(house(info))?;
                    Ok(kept)
                }
                Err(failed) => {
                    drop(tx);
                    Err(refuse(program, hall, info, failed).await)
                }
            }
        }
    }
}

/// What of a transaction is new, read and in order: the entry, and the observation.
type Fresh = Vec<(usize, Sent)>;

/// Everything or nothing. What was measured of one person at one instant becomes one reading.
async fn transaction(
    program: &Program,
    hall: &Hall,
    info: &RequestInfo,
    entries: &Entries<'_>,
    written: &Written,
) -> Result<Vec<Value>, Refusal> {
    let mut issues = Vec::new();
    let (mut steps, mut fresh): (Vec<(usize, Asked<'_>)>, Fresh) = (Vec::new(), Vec::new());
    for (i, (path, entry)) in entries.iter().enumerate() {
        match asked(path, entry) {
            Ok(Asked::Create { resource, unless }) => match read_observation(resource) {
                Ok(sent) if unless.is_none() => fresh.push((i, sent)),
                Ok(_) => steps.push((i, Asked::Create { resource, unless })),
                Err(wrong) => issues.extend(wrong.into_iter().map(|issue| issue.under(&format!("{path}.resource")))),
            },
            Ok(update) => steps.push((i, update)),
            Err(refusal) => issues.extend(refusal.issues),
        }
    }
    if !issues.is_empty() {
        return Err(Refusal::unreadable(issues));
    }
    let desk = desk(hall, info)?;
    let mut tx = hall.begin(program.district).await.map_err(house(info))?;
    let done = async {
        let mut kept = whole(program, &mut tx, &desk, fresh).await?;
        for (i, step) in steps {
            let one = match step {
                Asked::Create { resource, unless } => conditional(program, &mut tx, &desk, (resource, unless)).await,
                Asked::Update { id, resource, version } => {
                    update_in(program, &mut tx, (hall, info), (&id, version), resource).await
                }
            };
            kept.push((i, one.map_err(|failed| (i, failed))?));
        }
        Ok::<_, (usize, Failed)>(kept)
    };
    match done.await {
        Ok(mut kept) => {
            hall.commit(tx).await.map_err(house(info))?;
            kept.sort_by_key(|(i, _)| *i);
            Ok(kept.iter().map(|(_, kept)| written.kept(kept)).collect())
        }
        Err((i, failed)) => {
            drop(tx);
            if matches!(failed, Failed::NoSubject) {
                count(hall, program, NO_SUBJECT, 1).await;
            }
            Err(failed.refusal(info.t()).under(&format!("Bundle.entry[{i}].resource")))
        }
    }
}

async fn conditional(
    program: &Program,
    tx: &mut Tx,
    desk: &Desk,
    (resource, unless): (&Value, Option<String>),
) -> Result<Kept, Failed> {
    let mut sent = read_observation(resource).map_err(|issues| Failed::Refused(Refusal::unreadable(issues)))?;
    match unless {
        Some(key) => take_unless(program, tx, desk, &mut sent, key).await,
        None => take(program, tx, desk, &sent).await,
    }
}

/// Observations without a condition: those that came before are answered as before, the others are put together.
async fn whole(program: &Program, tx: &mut Tx, desk: &Desk, sent: Fresh) -> Result<Vec<(usize, Kept)>, (usize, Failed)> {
    let (mut kept, mut fresh, mut again): (Vec<(usize, Kept)>, Fresh, Fresh) = (Vec::new(), Vec::new(), Vec::new());
    for (i, one) in sent {
        let before = async {
            let consent = proof(&mut tx.conn()?, program, &one).await?;
            known(program, tx, desk, &consent, &one).await
        };
        match before.await.map_err(|failed| (i, failed))? {
            Some(known) => kept.push((i, known)),
            // The same identifier twice in one bundle is one, too.
            None if one.key.is_some() && fresh.iter().any(|(_, other)| other.key == one.key && other.person == one.person) => {
                again.push((i, one));
            }
            None => fresh.push((i, one)),
        }
    }
    for members in together(&fresh) {
        let group: Vec<&(usize, Sent)> = members.iter().filter_map(|member| fresh.get(*member)).collect();
        let Some((first, one)) = group.first().map(|(i, one)| (*i, one)) else { continue };
        let new = async {
            let consent = proof(&mut tx.conn()?, program, one).await?;
            let observations: Vec<&Sent> = group.iter().map(|(_, sent)| sent).collect();
            take_new(program, tx, desk, &consent, &observations).await
        };
        let taken = new.await.map_err(|failed| (first, failed))?;
        kept.extend(group.iter().map(|(i, _)| *i).zip(taken));
    }
    for (i, one) in again {
        kept.push((i, take(program, tx, desk, &one).await.map_err(|failed| (i, failed))?));
    }
    Ok(kept)
}
