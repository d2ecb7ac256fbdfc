//! Who is coming to an emergency department (来车预告): what is known, when, and the hand-over in two taps.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts};
use linli_webkit::{AppError, FormMap, Page, Shell, T};

use super::{office, private, take_key};
use crate::commands::fleet;
use crate::error::{EmergencyError, Wrong};
use crate::model::{CallClass, MissionId};
use crate::queries::calls::{self as queries, Coming};
use crate::rules::Calls;

struct ComingRow {
    key: String,
    href: String,
    callsign: String,
    tone: &'static str,
    class: String,
    told: String,
    signs: String,
    when: String,
    late: bool,
    there: bool,
}

#[derive(Template)]
#[template(path = "emergency-handovers.html")]
struct HandoversPage {
    shell: Shell,
    t: T,
    own: bool,
    rows: Vec<ComingRow>,
}

fn row(t: &T, rules: &Calls, one: Coming, now: Ts) -> ComingRow {
    let (mission, there) = (&one.mission, one.mission.hospital_at.is_some());
    let lang = t.locale().tag();
    let signs =
        rules.questions().iter().filter(|question| one.call.signs.contains(&question.id)).map(|question| question.text(lang));
    let when = match (there, mission.due_at, mission.expected_at) {
        (true, Some(due), _) => t.v("emergency-hand-over-due", "when", t.when(due, now)),
        (false, _, Some(expected)) => t.v("emergency-expected", "when", t.when(expected, now)),
        _ => String::new(),
    };
    ComingRow {
        key: mission.id.to_string(),
        href: format!("/handovers/{}/{}", mission.district, mission.id),
        callsign: one.callsign,
        tone: if one.call.class == CallClass::VehicleUrgent { "act" } else { "info" },
        class: t.s(&format!("emergency-class-{}", one.call.class)).into_owned(),
        told: one.told,
        signs: signs.collect::<Vec<_>>().join(" · "),
        when,
        late: one.late,
        there,
    }
}

/// `GET /handovers`. It comes from whichever district took the call, so it is looked at again every half minute.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(&hall)?, hall.now());
    let rules = office.rules(&linli_kernel::PlacePath::root(), now).map_err(EmergencyError::from)?;
    let mut read = hall.read().await?;
    let coming = queries::coming(&caller.ctx, &mut read.conn(), &office, now).await?;
    let own = coming.is_some();
    let rows = coming.unwrap_or_default().into_iter().map(|one| row(&t, &rules.value, one, now)).collect();
    Ok(private(Page(HandoversPage { shell: caller.shell(t.s("emergency-handovers-title")), own, rows, t })))
}

/// `POST /handovers/{district}/{mission}`: the vehicle is there, or the patient was taken over.
pub(crate) async fn receive(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path((district, mission)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let office = office(&hall)?;
    let district = DistrictId(district.parse().map_err(|_| EmergencyError::NotFound)?);
    let mission: MissionId = mission.parse().map_err(|_| EmergencyError::NotFound)?;
    let taken = match form.typed("do") {
        "arrived" => false,
        "taken" => true,
        _ => return Err(EmergencyError::field("do", Wrong::NotAChoice).into()),
    };
    // In the district of the call, where the mission is.
    let mut tx = hall.begin(district).await?;
    fleet::receive(&caller.ctx, &mut tx, &office, mission, taken).await?;
    hall.commit(tx).await?;
    Ok(Redirect::to("/handovers").into_response())
}
