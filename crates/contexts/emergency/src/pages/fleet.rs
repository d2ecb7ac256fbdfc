//! The vehicles (车辆): where each is, a new one, out of service and back.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{choices, office, private, run, take_key, word};
use crate::commands::fleet as commands;
use crate::error::EmergencyError;
use crate::model::{Fleet, VehicleId, VehicleState};
use crate::queries::calls as queries;

struct VehicleRow {
    id: String,
    name: String,
    fleet: String,
    tone: &'static str,
    word: String,
    since: String,
    call: String,
    stops: bool,
    returns: bool,
}

#[derive(Template)]
#[template(path = "emergency-fleet.html")]
struct FleetPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    rows: Vec<VehicleRow>,
    fleets: Vec<Choice>,
    free: usize,
}

impl FleetPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

async fn page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<FleetPage, AppError> {
    let (t, now) = (caller.info.t().clone(), hall.now());
    let mut read = hall.read().await?;
    let all = queries::vehicles(&caller.ctx, &mut read.conn()).await?;
    let free = all.iter().filter(|(one, _)| one.state == VehicleState::Free && one.fleet == Fleet::Urgent).count();
    let rows = all.into_iter().map(|(one, call)| VehicleRow {
        id: one.id.to_string(),
        fleet: t.s(&format!("emergency-fleet-{}", one.fleet)).into_owned(),
        tone: match one.state {
            VehicleState::Free => "well",
            VehicleState::OutOfService => "",
            VehicleState::AtHospital => "soon",
            _ => "info",
        },
        word: t.s(&format!("emergency-vehicle-{}", one.state)).into_owned(),
        since: t.v("emergency-since", "when", t.when(one.state_at, now)),
        call: call.map(|(call, _)| format!("/emergency/{call}")).unwrap_or_default(),
        stops: one.state == VehicleState::Free,
        returns: one.state == VehicleState::OutOfService,
        name: one.callsign,
    });
    Ok(FleetPage {
        shell: caller.shell(t.s("emergency-fleet-title")).live("/emergency/live"),
        rows: rows.collect(),
        fleets: choices(&t, "emergency-fleet", Fleet::ALL.iter().map(|one| one.as_str())),
        free,
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /emergency/fleet`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &FormMap::default(), Problems::default()).await?)))
}

/// `POST /emergency/fleet`.
pub(crate) async fn register(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let meant: Fleet = word(&form, "fleet")?;
        run!(caller, hall, tx => commands::register(&caller.ctx, tx, form.typed("callsign"), meant))
    };
    match done.await {
        Ok(_) => Ok(Redirect::to("/emergency/fleet").into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, &form, error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// `POST /emergency/fleet/{id}`: out of service, and back.
pub(crate) async fn service(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office): (VehicleId, _) = (id.parse().map_err(|_| EmergencyError::NotFound)?, office(&hall)?);
    let back = form.typed("service") == "1";
    run!(caller, hall, tx => commands::put_in_service(&caller.ctx, tx, &office, id, back))?;
    Ok(Redirect::to("/emergency/fleet").into_response())
}
