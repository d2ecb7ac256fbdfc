//! One row: from a record of the file to a case, with what is doubtful about it.

use linli_kernel::{PlaceLevel, PlacePath, Ts};
use linli_sheet::{FieldError, Record};
use sha2::{Digest, Sha256};

use super::classed::{Classed, classed};
use super::{Import, Shares};
use crate::commands::{CLOCKS_APART, on_earth, title};
use crate::error::CasesError;
use crate::model::{Case, CaseId, CaseState, ClockRuns, Kept, LocationFlag, MessageList};
use crate::rules::Rules;

/// A row that can be taken.
pub(crate) struct Taken {
    /// The case; its number is given later.
    pub(crate) case: Case,
    /// The reporter's phone number, when the file has one.
    pub(crate) phone: Option<String>,
    /// What the source says, hashed: the same again changes nothing.
    pub(crate) hash: Vec<u8>,
    /// When the source says it was closed.
    pub(crate) closing: Option<Ts>,
    /// The matter of its classes, which counts where none was chosen.
    pub(crate) usual_matter: Option<String>,
    /// Doubts that do not stop it.
    pub(crate) doubts: Vec<FieldError>,
}

/// Reads one record. The place was looked up before.
pub(crate) fn read(
    (import, shares): (&Import<'_>, &Shares),
    (rules, list): (&Rules, Option<&MessageList>),
    record: &Record,
    place: PlacePath,
) -> Result<Taken, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let mut doubts = Vec::new();
    let status = record.text("status").to_owned();
    let state = match record.opt_text("state").unwrap_or(&status).parse::<CaseState>() {
        Ok(state) if state != CaseState::None => state,
        _ => {
            wrong.push(FieldError::new("status", "status_unknown").value(&status));
            CaseState::Reported
        }
    };
    let arrival = rules.transitions().arrival(state);
    let open = arrival.is_none_or(|a| a.open);
    let reported_at = record.instant("reported_at").unwrap_or(import.now());
    let closing = record.instant("closed_at");
    let latest = import.now().plus_secs(CLOCKS_APART);
    for (field, at) in [("reported_at", Some(reported_at)), ("closed_at", closing)] {
        if let Some(at) = at.filter(|at| *at > latest) {
            wrong.push(FieldError::new(field, "in_the_future").value(&at.rfc3339()));
        }
    }
    if let Some(closed) = closing.filter(|closed| *closed < reported_at) {
        let shown = format!("{} < {}", closed.rfc3339(), reported_at.rfc3339());
        wrong.push(FieldError::new("closed_at", "closed_before_reported").value(&shown));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let closed_at =
        if open { None } else { Some(closing.unwrap_or_else(|| closing_unknown(import, record, reported_at, &mut doubts))) };
    if open && closing.is_some() {
        doubts.push(FieldError::new("closed_at", "open_with_closing").value(&status));
    }
    let description = description(record);
    let Classed { class, message, matter, usual_matter, profile } = classed((rules, list), record, &description, &mut doubts);
    let (lon_e7, lat_e7, location_flag) = location((import, shares), record, &mut doubts);
    let common_part = rules.classes().find(&class).is_some_and(|c| c.common_part) && place.level() != Some(PlaceLevel::Home);
    let class_code = class.clone();
    let case = Case {
        district: import.district,
        id: CaseId::new(&At(reported_at), import.ctx.rng.as_ref()),
        number: String::new(),
        title: record.opt_text("title").map_or_else(|| title(&description), title),
        emergency: open && rules.classes().danger_now(&description, reported_at, import.now()),
        merged_into: None,
        ended_how: None,
        rating: None,
        taken_at: None,
        wake_at: None,
        extensions: 0,
        answered_in_time: None,
        not_fixed_count: 0,
        kept: Kept::default(),
        state_since: closed_at.unwrap_or(reported_at),
        clock: arrival.map_or(ClockRuns::Running, |a| a.clock),
        due_at: record.instant("due_at"),
        city_due_at: None,
        due_provisional: false,
        finished_at: closed_at,
        overdue_at: None,
        owner: None,
        unit: None,
        flagged_role: None,
        channel: record.opt_text("source").unwrap_or(import.ctx.channel.as_str()).to_owned(),
        external_system: Some(record.opt_text("system").unwrap_or(&import.options.system).to_owned()),
        external_id: Some(record.text("external_id").to_owned()),
        external_status: Some(status),
        external_closed_at: closing.filter(|_| state == CaseState::Closed),
        public: common_part,
        reopened_count: 0,
        finished_by: None,
        reported_by: None,
        version: 1,
        common_part,
        place,
        class,
        message_class: message,
        matter,
        way: Some(rules.way(&class_code, profile.as_deref())),
        profile,
        description,
        state,
        reported_at,
        closed_at,
        lon_e7,
        lat_e7,
        location_flag,
    };
    let phone = phone(record, &mut doubts);
    // Keyed: a plain hash over few digits and what else is known would give the number away to whoever has the database.
    let keyed = phone.as_deref().map(|phone| import.office.vault().lookup_hash(phone));
    let hash = hash(&case, closing, keyed.as_deref());
    Ok(Taken { case, phone, hash, closing, usual_matter, doubts })
}

/// When a case was closed whose source does not say: its last change there, else when we learned of it. Never counted by day.
fn closing_unknown(import: &Import<'_>, record: &Record, reported_at: Ts, doubts: &mut Vec<FieldError>) -> Ts {
    doubts.push(FieldError::new("closed_at", "closing_unknown"));
    record.instant("updated_at").filter(|at| *at >= reported_at).unwrap_or_else(|| import.now().max(reported_at))
}

fn description(record: &Record) -> String {
    let own = record.opt_text("description").or(record.opt_text("title")).unwrap_or_default();
    let parts = [Some(own), record.opt_text("address")];
    let whole = parts.into_iter().flatten().map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    whole.chars().take(crate::commands::DESCRIPTION_MAX).collect()
}

fn location(
    (import, shares): (&Import<'_>, &Shares),
    record: &Record,
    doubts: &mut Vec<FieldError>,
) -> (Option<i64>, Option<i64>, Option<LocationFlag>) {
    let Some(located) = record.point("location") else {
        doubts.push(FieldError::new("location", "point_missing"));
        return (None, None, Some(LocationFlag::Missing));
    };
    let point = located.point;
    let (lon, lat) = (i64::from(point.lon_e7), i64::from(point.lat_e7));
    let outside = (lon, lat) == (0, 0)
        || !on_earth(lon, lat)
        || import.options.outline.as_ref().is_some_and(|shape| !shape.contains(point));
    if outside {
        doubts.push(FieldError::new("location", "point_outside").value(&format!("{}, {}", located.raw_lon, located.raw_lat)));
    }
    let repeated = shares.contains_key(&(lon, lat));
    if repeated {
        doubts.push(FieldError::new("location", "point_repeated").value(&format!("{}, {}", located.raw_lon, located.raw_lat)));
    }
    let flag = if outside { Some(LocationFlag::Outside) } else { repeated.then_some(LocationFlag::Repeated) };
    (Some(lon), Some(lat), flag)
}

fn phone(record: &Record, doubts: &mut Vec<FieldError>) -> Option<String> {
    let typed = record.opt_text("reporter")?;
    match crate::commands::phone(typed) {
        Ok(phone) => phone,
        Err(CasesError::Field { .. }) | Err(_) => {
            // What is no number is somebody's name: it is not kept, and not repeated in the report's reason.
            doubts.push(FieldError::new("reporter", "reporter_not_kept"));
            None
        }
    }
}

/// What the source says of a case. What we give it (id, number) is not part of it.
fn hash(case: &Case, closing: Option<Ts>, phone: Option<&[u8]>) -> Vec<u8> {
    let mut sha = Sha256::new();
    let mut add = |part: &str| {
        sha.update(part.as_bytes());
        sha.update([0]);
    };
    add(&phone.map(|keyed| keyed.iter().map(|byte| format!("{byte:02x}")).collect::<String>()).unwrap_or_default());
    for part in [case.place.as_str(), &case.class, &case.title, &case.description, case.state.as_str(), &case.channel] {
        add(part);
    }
    add(case.external_status.as_deref().unwrap_or(""));
    // What is not said does not count, so that a file from before there were three classifications is still the same.
    for (sign, part) in [("message", case.message_class.map(|id| id.to_string())), ("matter", case.matter.clone())] {
        if let Some(part) = part {
            add(sign);
            add(&part);
        }
    }
    let numbers = [Some(case.reported_at.0), case.due_at.map(|at| at.0), closing.map(|at| at.0), case.lon_e7, case.lat_e7];
    for number in numbers {
        add(&number.map(|n| n.to_string()).unwrap_or_default());
    }
    sha.finalize().to_vec()
}

impl Taken {
    /// The key of the case: system and number there.
    pub(crate) fn key(&self) -> (String, String) {
        (self.case.external_system.clone().unwrap_or_default(), self.case.external_id.clone().unwrap_or_default())
    }

    /// Whether the row says what is kept, as an export writes it: times to the second, no contact.
    pub(crate) fn says_what_is_kept(&self, kept: &Case) -> bool {
        let seconds = |at: Option<Ts>| at.map(|at| at.0.div_euclid(1_000_000));
        let said = &self.case;
        self.phone.is_none()
            && said.place == kept.place
            && said.class == kept.class
            && said.message_class == kept.message_class
            && (said.matter == kept.matter || (kept.matter.is_none() && said.matter == self.usual_matter))
            && said.title == kept.title
            && said.description == kept.description
            && said.state == kept.state
            && said.channel == kept.channel
            && said.external_status.as_deref() == Some(kept.external_status.as_deref().unwrap_or(kept.state.as_str()))
            && seconds(Some(said.reported_at)) == seconds(Some(kept.reported_at))
            && seconds(said.due_at) == seconds(kept.due_at)
            && seconds(self.closing) == seconds(kept.external_closed_at.or(kept.closed_at))
            && (said.lon_e7, said.lat_e7) == (kept.lon_e7, kept.lat_e7)
    }
}

/// A clock that stands at the instant of a report, so that ids of imported cases are ordered by it too.
struct At(Ts);

impl linli_kernel::Clock for At {
    fn now(&self) -> Ts {
        self.0
    }
}
