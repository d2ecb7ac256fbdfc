//! Calendar feeds (日历订阅, RFC 5545): one of each community, one of everybody who sits at meetings, one event of a meeting.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_webkit::{AppError, Page, Shell, T};
use sha2::{Digest as _, Sha256};

use super::{office, private, run, said};
use crate::commands;
use crate::error::CouncilError;
use crate::ical::{self, Calendar, Event};
use crate::model::{Item, Meeting, MeetingId, State as Stands};
use crate::queries;
use crate::queries::feeds::Entry;

fn event_of(t: &T, base: &str, (meeting, place, items): (&Meeting, &str, &[Item]), stamp: Ts) -> Event {
    let mut lines: Vec<String> = items.iter().enumerate().map(|(no, item)| format!("{}. {}", no + 1, item.title)).collect();
    if meeting.state == Stands::Cancelled {
        lines.insert(0, t.v("council-cal-cancelled", "because", &meeting.cancelled_because));
    }
    Event {
        uid: meeting.id.to_string(),
        sequence: meeting.sequence,
        starts: meeting.starts_at,
        ends: meeting.ends_at,
        created: meeting.made_at,
        changed: meeting.changed_at,
        stamp,
        summary: t.with(
            "council-cal-summary",
            &[
                ("kind", said(t, "council-kind", meeting.kind).into()),
                ("place", place.into()),
                ("title", meeting.title.as_str().into()),
            ],
        ),
        location: meeting.venue.clone(),
        description: lines.join("\n"),
        url: format!("{base}{}", commands::closing::page_of(meeting)),
        organiser: meeting.convener.clone(),
        cancelled: meeting.state == Stands::Cancelled,
    }
}

/// A feed: the same bytes as long as nothing changes, so that a client that has them is sent nothing.
fn feed_of(caller: &Caller, hall: &Hall, (name, entries): (&str, &[Entry]), asked: &HeaderMap) -> Response {
    let t = caller.info.t();
    let name = t.v("council-cal-name", "name", name);
    let events: Vec<Event> = entries
        .iter()
        .map(|entry| event_of(t, hall.base_url(), (&entry.meeting, &entry.place, &entry.items), entry.meeting.changed_at))
        .collect();
    let text = ical::write(&Calendar { name: &name, method: None }, &events);
    let tag: String = Sha256::digest(text.as_bytes()).iter().take(9).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let caching = [(CACHE_CONTROL, "private, no-cache".to_owned()), (ETAG, tag.clone())];
    if asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response()
}

/// `GET /calendar/{district}/{community}.ics`.
pub(crate) async fn community(
    caller: Caller,
    State(hall): State<Hall>,
    Path((district, file)): Path<(i64, String)>,
    asked: HeaderMap,
) -> Result<Response, AppError> {
    let path: PlacePath = file.strip_suffix(".ics").and_then(|path| path.parse().ok()).ok_or(CouncilError::NotFound)?;
    let at = (DistrictId(district), &path);
    let (name, entries) = queries::feeds::of_community(&mut hall.read().await?.conn(), at, hall.now()).await?;
    Ok(feed_of(&caller, &hall, (&name, &entries), &asked))
}

/// `GET /calendar/{district}/mine/{token}.ics`: nobody is signed in at a calendar, the address is the secret.
pub(crate) async fn feed(
    caller: Caller,
    State(hall): State<Hall>,
    Path((district, file)): Path<(i64, String)>,
    asked: HeaderMap,
) -> Result<Response, AppError> {
    let token = file.strip_suffix(".ics").ok_or(CouncilError::NotFound)?;
    let found = queries::feeds::of_token(&mut hall.read().await?.conn(), DistrictId(district), token, hall.now()).await?;
    Ok(feed_of(&caller, &hall, (&found.0, &found.1), &asked))
}

/// `GET /council/{district}/{id}/event.ics`: one meeting, to be put into a calendar by hand, or taken out of it again.
pub(crate) async fn event(
    caller: Caller,
    State(hall): State<Hall>,
    Path((district, id)): Path<(i64, String)>,
) -> Result<Response, AppError> {
    let id: MeetingId = id.parse().map_err(|_| CouncilError::NotFound)?;
    let (t, now) = (caller.info.t(), hall.now());
    let file = queries::public(&mut hall.read().await?.conn(), office(&hall)?.as_ref(), (DistrictId(district), id), now).await?;
    let method = if file.meeting.state == Stands::Cancelled { "CANCEL" } else { "PUBLISH" };
    let one = event_of(t, hall.base_url(), (&file.meeting, &file.place, &file.items), now);
    let text = ical::write(&Calendar { name: "", method: Some(method) }, &[one]);
    let kind = format!("text/calendar; charset=utf-8; method={method}");
    let name = format!("attachment; filename=\"{}.ics\"", file.meeting.number);
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name), (CACHE_CONTROL, "no-cache".to_owned())], text).into_response())
}

#[derive(Template)]
#[template(path = "council-calendar.html")]
struct MinePage {
    shell: Shell,
    t: T,
    since: String,
    /// The new address, shown this once.
    address: String,
}

fn page(caller: &Caller, since: Option<Ts>, address: String) -> Response {
    let t = caller.info.t().clone();
    let since = since.map(|at| t.v("council-feed-since", "at", t.moment(at))).unwrap_or_default();
    private(Page(MinePage { shell: caller.shell(t.s("council-feed")), since, address, t }))
}

/// `GET /meetings/calendar`.
pub(crate) async fn mine(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let since = queries::feeds::since(&caller.ctx, &mut hall.read().await?.conn()).await?;
    Ok(page(&caller, since, String::new()))
}

/// `POST /meetings/calendar`: a new address; the one before leads nowhere any more.
pub(crate) async fn renew(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let district = super::district(&caller.ctx)?;
    let token = run!(caller, hall, tx => commands::feeds::renew(&caller.ctx, tx))?;
    let address = format!("{}/calendar/{district}/mine/{token}.ics", hall.base_url());
    Ok(page(&caller, Some(hall.now()), address))
}
