//! `POST /api/v1/devices/signs`: lines of our own form, as many as one likes. What is wrong with a line is said with its number, and the
//! other lines are taken. Answered when what counted is on disk; the same batch may be sent again and does no harm.

use axum::Json;
use axum::body::{Body, HttpBody as _};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use linli_hall::Hall;
use linli_webkit::{AppError, codes};
use serde::Serialize;
use utoipa::ToSchema;

use super::lines::{Found, Lines};
use super::tally::Tally;
use super::{devices, no_token, of_header};
use crate::devices::Devices;
use crate::door::Sign;
use crate::ear::{Outcome, UNKNOWN_PERSON};
use crate::error::DevicesError;
use crate::payload::{Rejection, line};
use crate::registry::Known;

/// Largest batch, in bytes. Of a longer one everything up to there was taken; a line too long is within it.
const BODY_MAX: u64 = 256 * 1024 * 1024;
/// Signs that go to the door together.
const SHARE: usize = 8 * 1024;

/// A line that is wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemJson {
    /// Its number, from 1.
    pub(super) line: u32,
    /// `malformed`, `too_long`, `field_missing`, `field_wrong`, `unknown_person`, `future` or `no_consent`.
    pub(super) code: &'static str,
}

/// What became of a batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchJson {
    /// Lines that were not empty.
    pub(super) lines: u64,
    /// They count, and are on disk.
    pub(super) counted: u64,
    /// Known already, or older than what is known.
    pub(super) repeated: u64,
    /// From the future.
    pub(super) future: u64,
    /// Nobody agreed to be watched there.
    pub(super) no_consent: u64,
    /// From somebody who is away.
    pub(super) while_away: u64,
    /// Of a kind that the person's rules do not ask for.
    pub(super) not_asked: u64,
    /// Lines that are wrong.
    pub(super) rejected: u64,
    /// Which, the first 1,000.
    pub(super) problems: Vec<ProblemJson>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub(super) more_problems: Option<u64>,
}

/// Takes signs of life, one a line (NDJSON): `{"who":"resident-0417","kind":"in","at":1763856012}`. `who` is the label of the person at
/// this device; `kind` is `out`, `in`, `door`, `motion` or `use`; `at` is Unix seconds or RFC 3339.
#[utoipa::path(
    post,
    path = "/api/v1/devices/signs",
    operation_id = "send_signs",
    tag = "devices",
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, description = "What became of the lines", body = BatchJson)),
    security(("device_token" = []))
)]
pub(crate) async fn send(State(hall): State<Hall>, headers: HeaderMap, body: Body) -> Result<Response, AppError> {
    let devices = devices(&hall)?;
    let Some(known) = of_header(&devices, &headers).await? else { return Ok(no_token()) };
    if body.size_hint().lower() > BODY_MAX {
        return Err(AppError::new(codes::TOO_LARGE));
    }
    let tally = take(&devices, &known, body).await?;
    devices.ear().heard(&known, devices.now());
    for (why, n) in tally.dropped() {
        devices.ear().dropped(&known, why, n);
    }
    Ok((StatusCode::OK, Json(tally.answer())).into_response())
}

/// What a line is: a sign of somebody, or why not.
#[inline]
pub(crate) fn of_line(known: &Known, bytes: &[u8]) -> Outcome {
    let line = match line::read(bytes) {
        Ok(line) => line,
        Err(rejection) => return Outcome::Dropped(rejection.code()),
    };
    let person = match line.who {
        None => known.person(None),
        Some(who) => match who.plain() {
            Some(label) => known.person(Some(label)),
            None => who.meant().and_then(|label| known.person(Some(&label))),
        },
    };
    match person {
        Some(person) => Outcome::Sign(Sign { person, kind: line.kind.unwrap_or(known.means), at: line.at }),
        None => Outcome::Dropped(UNKNOWN_PERSON),
    }
}

/// Signs on their way to the door.
struct Share<'a> {
    known: &'a Known,
    signs: Vec<Sign>,
    lines: Vec<u32>,
    tally: Tally,
}

impl Share<'_> {
    #[inline]
    fn put(&mut self, number: u32, found: Found<'_>) {
        let outcome = match found {
            Found::Line(bytes) => of_line(self.known, bytes),
            Found::TooLong => Outcome::Dropped(Rejection::TooLong.code()),
        };
        match outcome {
            // A device that is stuck says the same over and over.
            Outcome::Sign(sign) if self.signs.last() == Some(&sign) => self.tally.repeated(),
            Outcome::Sign(sign) => {
                self.signs.push(sign);
                self.lines.push(number);
            }
            Outcome::Dropped(why) => self.tally.rejected(number, why),
            Outcome::Nothing => {}
        }
    }

    async fn pass(&mut self, devices: &Devices) -> Result<(), DevicesError> {
        let many = self.signs.len();
        let signs = std::mem::replace(&mut self.signs, Vec::with_capacity(many.min(SHARE)));
        let verdicts = devices.gate().take(signs).await?;
        self.tally.judged(&verdicts, &self.lines);
        self.lines.clear();
        Ok(())
    }
}

async fn take(devices: &Devices, known: &Known, mut body: Body) -> Result<Tally, AppError> {
    let mut share = Share { known, signs: Vec::new(), lines: Vec::new(), tally: Tally::default() };
    let (mut lines, mut bytes) = (Lines::default(), 0_u64);
    while let Some(frame) = body.frame().await {
        // Who breaks off is not answered; what was taken until then counts, and comes again with the next try.
        let frame = frame.map_err(|error| AppError::new(codes::MALFORMED).caused_by(error))?;
        let Ok(piece) = frame.into_data() else { continue };
        bytes = bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if bytes > BODY_MAX {
            return Err(AppError::new(codes::TOO_LARGE));
        }
        lines.feed(&piece, |number, found| share.put(number, found));
        if share.signs.len() >= SHARE {
            share.pass(devices).await?;
        }
    }
    lines.finish(|number, found| share.put(number, found));
    share.pass(devices).await?;
    Ok(share.tally)
}
