//! How each consent was given (同意书详情): which text was shown, when, by which way, before whom, who asked, who spoke for the person and as what, until
//! when, and what was thought of beforehand. For those with an access of its own, and in full for the person.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_webkit::{AppError, Page, Shell, T};

use super::person::{ConsentLine, consent_line};
use super::words::{self, People};
use super::{care, district, neighbours, private};
use crate::commands;
use crate::error::CareError;
use crate::model::{CarePersonId, Consent, ShownText};
use crate::office::CareOffice;
use crate::queries;

/// A consent in full.
pub(super) struct ConsentInFull {
    pub(super) line: ConsentLine,
    /// What is known of how it was given, by name.
    pub(super) facts: Vec<(String, String)>,
    /// The text that was shown; empty where it was not kept.
    pub(super) text: String,
    pub(super) keeps: String,
}

#[derive(Template)]
#[template(path = "care-consents.html")]
struct ConsentsPage {
    shell: Shell,
    t: T,
    href: String,
    full: Vec<ConsentInFull>,
}

/// `GET /care/people/{id}/consents`. That somebody looked is written down for the person.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id: CarePersonId = id.parse().map_err(|_| CareError::NotFound)?;
    let (care, neighbours) = (care(&hall)?, neighbours(&hall)?);
    let (t, ctx, district) = (caller.info.t().clone(), &caller.ctx, district(&caller.ctx)?);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (person, consents) = queries::consents(ctx, c, care.office(), district, id).await?;
    let mut people = People::of(neighbours.as_ref(), district);
    let href = format!("/care/people/{id}");
    let full = in_full(c, (&t, &mut people), care.office(), &consents, (ctx.now(), &href)).await?;
    let name = care.office().open(&person.name_sealed);
    let page = ConsentsPage { shell: caller.shell(t.v("care-consents-of", "name", name)), href, full, t };
    drop(read);
    let mut tx = hall.begin(district).await?;
    commands::note_look(ctx, &mut tx, &person);
    hall.commit(tx).await?;
    Ok(private(Page(page)))
}

/// Consents in full, in words; with the pictures of the papers under an address.
pub(super) async fn in_full(
    c: &mut Conn<'_>,
    (t, people): (&T, &mut People<'_>),
    office: &CareOffice,
    consents: &[(Consent, Option<ShownText>)],
    (now, base): (Ts, &str),
) -> Result<Vec<ConsentInFull>, AppError> {
    let mut full = Vec::with_capacity(consents.len());
    for (consent, text) in consents {
        let asked = match consent.asked_by {
            Some(appointment) => people.card(c, appointment).await?.map(|card| words::staff(t, &card)),
            None => Some(t.s("care-asked-by-nobody").into_owned()),
        };
        full.push(ConsentInFull {
            line: consent_line(t, consent, now, base),
            facts: facts(t, office, consent, asked.unwrap_or_else(|| t.s("care-who-unknown").into_owned())),
            text: text.as_ref().map(|text| text.body.clone()).unwrap_or_default(),
            keeps: text.as_ref().map(|text| text.keeps.clone()).unwrap_or_default(),
        });
    }
    Ok(full)
}

fn facts(t: &T, office: &CareOffice, consent: &Consent, asked: String) -> Vec<(String, String)> {
    let opened = |sealed: &Option<Vec<u8>>| sealed.as_deref().map(|sealed| office.open(sealed)).filter(|name| !name.is_empty());
    let channel = words::word(t, "channel", consent.channel.as_str());
    let ended = consent.withdrawn_channel.map(|way| words::word(t, "channel", way.as_str()));
    let withdrawn = consent.withdrawn_at.map(|at| match &ended {
        Some(way) => format!("{} · {way}", t.moment(at)),
        None => t.moment(at),
    });
    let facts = [
        ("care-consent-version", Some(consent.text_mark.clone())),
        ("care-consent-language", Some(t.s(&format!("care-language-{}", consent.language.to_lowercase())).into_owned())),
        ("care-consent-when", Some(t.moment(consent.given_at))),
        ("care-channel", Some(channel)),
        ("care-witness", opened(&consent.witness_sealed)),
        ("care-consent-asked-by", Some(asked)),
        ("care-given-by", Some(words::word(t, "given-by", consent.given_by.as_str()))),
        ("care-giver", opened(&consent.giver_sealed)),
        ("care-relation", consent.relation.clone()),
        ("care-assessment", Some(consent.assessment.clone()).filter(|note| !note.is_empty())),
        ("care-consent-expires", Some(t.moment(consent.expires_at))),
        ("care-consent-ended", withdrawn),
    ];
    facts.into_iter().filter_map(|(key, value)| Some((t.s(key).into_owned(), value?))).collect()
}
