//! The proof of one entry, on a page and on paper.

use askama::Template;
use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_hall::{Caller, Hall};
use linli_publiclog::{Entry, leaf_hash};
use linli_webkit::{AppError, Page, Shell, T, qr_svg};

use super::{entry_of, log_of};
use crate::error::RecordError;
use crate::model::{Kept, Opening, Proven};
use crate::{queries, view};

/// What both forms say.
struct Told {
    kind: String,
    made: String,
    /// What everyone may read; empty where it is no text.
    public: String,
    /// The commitment to what not everyone may read; empty where there is none.
    sealed: String,
    /// The words that were committed to and their salt, while everyone may read them; empty otherwise.
    words: String,
    salt: String,
    leaf: String,
    proven: Option<Proven>,
    path: String,
    /// Where it is shown; empty where nowhere.
    shown: String,
}

impl Told {
    fn of(t: &T, (kept, bytes, proven): (&Kept, &[u8], Option<Proven>), opening: Option<Opening>, path: String) -> Self {
        let entry = Entry::read(bytes).ok();
        let opening = opening.filter(|opening| opening.open);
        Self {
            kind: view::kind_words(t, &kept.kind),
            made: t.moment(kept.made_at),
            sealed: entry.as_ref().and_then(|entry| entry.sealed).map(|sealed| sealed.to_string()).unwrap_or_default(),
            public: entry.and_then(|entry| String::from_utf8(entry.public).ok()).unwrap_or_default(),
            salt: opening.as_ref().map(|opening| STANDARD.encode(opening.salt.0)).unwrap_or_default(),
            words: opening.and_then(|opening| String::from_utf8(opening.words).ok()).unwrap_or_default(),
            leaf: leaf_hash(bytes).to_string(),
            proven,
            path,
            // An address of this house, whatever it was given.
            shown: kept.page.clone().filter(|page| page.starts_with('/') && !page.starts_with("//")).unwrap_or_default(),
        }
    }
}

async fn told(t: &T, hall: &Hall, (log, id): (&str, &str)) -> Result<Told, AppError> {
    // One entry has one address.
    if log_of(log)?.no != 1 {
        return Err(RecordError::NotFound.into());
    }
    let (district, id) = entry_of(log, id)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (kept, bytes) = queries::entry(c, district, id).await?;
    let proven = match queries::proof(c, district, id).await {
        Ok(proven) => Some(proven),
        Err(RecordError::Waiting) => None,
        Err(error) => return Err(error.into()),
    };
    let opening = queries::opening(c, district, id).await?;
    let path = kept.path(district);
    Ok(Told::of(t, (&kept, &bytes, proven), opening, path))
}

#[derive(Template)]
#[template(path = "record-entry.html")]
pub(crate) struct EntryPage {
    shell: Shell,
    t: T,
    told: Told,
}

/// `GET /log/{log}/e/{entry}`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path((log, id)): Path<(String, String)>,
) -> Result<Page<EntryPage>, AppError> {
    let t = caller.info.t().clone();
    let told = told(&t, &hall, (&log, &id)).await?;
    Ok(Page(EntryPage { shell: Shell::new(&caller.info, t.s("record-proof-title")), t, told }))
}

#[derive(Template)]
#[template(path = "record-print.html")]
pub(crate) struct PrintPage {
    shell: Shell,
    t: T,
    told: Told,
    qr: String,
    address: String,
    printed: String,
}

/// `GET /log/{log}/e/{entry}/print`.
pub(crate) async fn print(
    caller: Caller,
    State(hall): State<Hall>,
    Path((log, id)): Path<(String, String)>,
) -> Result<Page<PrintPage>, AppError> {
    let t = caller.info.t().clone();
    let told = told(&t, &hall, (&log, &id)).await?;
    let url = format!("{}{}", hall.base_url(), told.path);
    Ok(Page(PrintPage {
        shell: Shell::new(&caller.info, t.s("record-proof-title")),
        qr: qr_svg(&url)?,
        address: url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).to_owned(),
        printed: t.moment(caller.ctx.now()),
        told,
        t,
    }))
}
