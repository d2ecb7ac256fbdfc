//! What is asked of each route, and about what. A route that has no line here fails the walk.

mod ballot;
mod council;
mod record;
mod retrofit;
mod rounds;

use axum::http::Method;
use linli_access::Role;
use linli_webkit::RouteSpec;
use serde_json::{Value, json};

use super::world::{Ground, Who, World};

/// The body of a question.
#[derive(Debug, Clone)]
pub enum Body {
    Nothing,
    Form(Vec<(&'static str, String)>),
    Json(Value),
    /// Fields, and a file under the name `file`.
    Files(Vec<(&'static str, String)>, String),
}

/// A question to the router.
#[derive(Debug, Clone)]
pub struct Ask {
    pub method: Method,
    pub path: String,
    pub body: Body,
    pub headers: Vec<(&'static str, String)>,
}

impl Ask {
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: Body::Nothing, headers: Vec::new() }
    }

    pub fn form(path: impl Into<String>, fields: &[(&'static str, &str)]) -> Self {
        let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { method: Method::POST, path: path.into(), body: Body::Form(fields), headers: Vec::new() }
    }

    pub fn json(path: impl Into<String>, value: Value) -> Self {
        Self { method: Method::POST, path: path.into(), body: Body::Json(value), headers: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// What a route is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Nothing in particular: a form, a list. It shows what the asker may see, and nothing else.
    List,
    /// One record or place, which may lie out of the asker's reach.
    Subject,
}

/// The id of a record that there is not.
const NO_RECORD: &str = "00000000-0000-7000-8000-000000000000";

/// What to ask of a route about a place. Records are made anew for every question, so that one does not spoil the next.
pub async fn ask(spec: &RouteSpec, world: &World, at: &Ground) -> Option<(About, Ask)> {
    use About::{List, Subject};
    let route = format!("{} {}", spec.method, spec.path);
    let path = spec.path;
    Some(match route.as_str() {
        // territory
        "GET /admin/territory" => (List, Ask::get(path)),
        "GET /admin/territory/{path}" => (Subject, Ask::get(format!("/admin/territory/{}", at.estate))),
        "GET /admin/territory/{path}/components" => (Subject, Ask::get(format!("/admin/territory/{}/components", at.estate))),
        "GET /admin/territory/{path}/change" => (Subject, Ask::get(format!("/admin/territory/{}/change", at.estate))),
        "POST /admin/territory/{path}/rename" => {
            (Subject, Ask::form(format!("/admin/territory/{}/rename", at.estate), &[("name", "")]))
        }
        // Not ticked, and nowhere to go: the ground stays for the next question.
        "POST /admin/territory/{path}/close" => {
            (Subject, Ask::form(format!("/admin/territory/{}/close", at.estate), &[("at", "2026-11-20")]))
        }
        "POST /admin/territory/{path}/move" => {
            (Subject, Ask::form(format!("/admin/territory/{}/move", at.estate), &[("parent", "999999")]))
        }
        // people
        "GET /admin/people" => (List, Ask::get(path)),
        "GET /admin/people/{district}/person/{id}" => {
            (Subject, Ask::get(format!("/admin/people/{}/person/{}", at.district, at.person)))
        }
        "GET /admin/people/{district}/organisation/{id}" => {
            (Subject, Ask::get(format!("/admin/people/{}/organisation/{}", at.district, at.organisation)))
        }
        "GET /admin/people/{district}/person/{id}/appoint" => {
            (Subject, Ask::get(format!("/admin/people/{}/person/{}/appoint", at.district, at.person)))
        }
        "POST /admin/people/{district}/person/{id}/appoint" => {
            let fields = [("role", "guard"), ("title", ""), ("place", at.estate_code), ("from", "2026-12-01"), ("to", "")];
            (Subject, Ask::form(format!("/admin/people/{}/person/{}/appoint", at.district, at.person), &fields))
        }
        "POST /admin/people/{district}/person/{id}/end/{appointment}" => {
            let appointment = world.appointment(at).await;
            let fields = [("to", "2030-01-01")];
            (Subject, Ask::form(format!("/admin/people/{}/person/{}/end/{appointment}", at.district, at.person), &fields))
        }
        // identity
        "GET /login" | "GET /logout" | "GET /choose-role" | "GET /account" | "GET /claim" | "GET /my-home"
        | "GET /my-home/care" => (List, Ask::get(path)),
        "POST /login" => (List, Ask::form(path, &[("login", "nobody"), ("password", "wrong")])),
        "POST /logout" | "POST /my-home/release" => (List, Ask::form(path, &[])),
        "POST /choose-role" => (List, Ask::form(path, &[("appointment", "")])),
        "POST /account" => (List, Ask::form(path, &[("old", "x"), ("password", "y")])),
        "POST /claim" => (List, Ask::form(path, &[("code", "AAAAA-AAAAA")])),
        "GET /setup/{token}" | "GET /activate/{token}" => (List, Ask::get(path.replace("{token}", "no-such-link"))),
        "POST /setup/{token}" | "POST /activate/{token}" => (List, Ask::form(path.replace("{token}", "no-such-link"), &[])),
        "GET /admin/accounts" => (List, Ask::get(path)),
        "POST /admin/accounts" => {
            let fields = [("login", "new.login"), ("person", "red_steward"), ("district", at.division)];
            (Subject, Ask::form(path, &fields))
        }
        "POST /admin/accounts/{id}/disable" => (Subject, Ask::form(format!("/admin/accounts/{}/disable", at.account), &[])),
        "POST /admin/accounts/{id}/enable" => (Subject, Ask::form(format!("/admin/accounts/{}/enable", at.account), &[])),
        "POST /admin/accounts/{id}/link" => (Subject, Ask::form(format!("/admin/accounts/{}/link", at.account), &[])),
        "GET /homes/code" => (List, Ask::get(path)),
        "POST /homes/code" | "POST /homes/code/end" => {
            (Subject, Ask::form(path, &[("home", &format!("{}/1栋/1单元/102", at.estate_code))]))
        }
        // intake
        "GET /admin/import" => (List, Ask::get(path)),
        "POST /admin/import" => {
            let fields = vec![("kind", "homes".to_owned()), ("district", at.division.to_owned()), ("dry_run", "1".to_owned())];
            let file = format!("estate_code,building,entrance,floor,room,area_m2\n{},1栋,1单元,2,201,60\n", at.estate_code);
            let body = Body::Files(fields, file);
            (Subject, Ask { method: Method::POST, path: path.to_owned(), body, headers: Vec::new() })
        }
        "GET /admin/import/{id}" => (Subject, Ask::get(world.import(at).await)),
        "GET /admin/import/{id}/report" => {
            let run = world.import(at).await;
            // The report is there once the import has ended; its page waits for that.
            world.ask(Who::Staff(Role::Administrator), &Ask::get(format!("{run}?wait=1"))).await;
            (Subject, Ask::get(format!("{run}/report")))
        }
        // beds and referrals. Nobody of this world is appointed on behalf of an institution of the network: lists say so, and what is sent is
        // answered with what is wrong about it.
        "GET /beds" | "GET /beds/live" | "GET /referrals" | "GET /referrals/live" | "GET /referrals/new" | "GET /inbound" => {
            (List, Ask::get(path))
        }
        "POST /referrals/new" => (Subject, Ask::form(path, &[("name", "")])),
        "GET /beds/{id}" | "GET /referrals/{id}" => (Subject, Ask::get(path.replace("{id}", NO_RECORD))),
        "POST /beds/{id}/entries"
        | "POST /beds/{id}/reserve"
        | "POST /beds/{id}/conversions"
        | "POST /beds/holds/{id}/put"
        | "POST /beds/conversions/{id}/put"
        | "POST /referrals/{id}/go-on" => (Subject, Ask::form(path.replace("{id}", NO_RECORD), &[("to", "")])),
        "POST /inbound/{referral}/{attempt}" => {
            (Subject, Ask::form(path.replace("{referral}", NO_RECORD).replace("{attempt}", "1"), &[("do", "accept")]))
        }
        // 120. Who comes to an emergency department is shown to who acts for it alone, and nobody of this world does.
        "GET /emergency" | "GET /emergency/call-backs" | "GET /emergency/fleet" => {
            world.calls(at).await;
            (List, Ask::get(path))
        }
        "GET /emergency/live" | "GET /emergency/day" | "GET /emergency/diversion" | "GET /handovers" => (List, Ask::get(path)),
        "POST /emergency" => (List, Ask::form(path, &[("number", "13911112222"), ("class", "advice"), ("told", "问用药")])),
        "POST /emergency/same" => {
            world.calls(at).await;
            (List, Ask::form(path, &[("number", "13900000000")]))
        }
        "POST /emergency/fleet" => (List, Ask::form(path, &[("callsign", ""), ("fleet", "urgent")])),
        "POST /emergency/fleet/{id}" => {
            (Subject, Ask::form(path.replace("{id}", &world.calls(at).await.free), &[("service", "0")]))
        }
        "POST /emergency/day" => (List, Ask::form(path, &[("day", "2026-11-24"), ("inbound", "900000")])),
        "POST /emergency/diversion" => (List, Ask::form(path, &[("do", "activate"), ("physician", "")])),
        "GET /emergency/{id}" => (Subject, Ask::get(path.replace("{id}", &world.calls(at).await.waiting))),
        "POST /emergency/{id}/raise" => (Subject, Ask::form(path.replace("{id}", &world.calls(at).await.plain), &[])),
        "POST /emergency/{id}/close" => {
            (Subject, Ask::form(path.replace("{id}", &world.calls(at).await.plain), &[("ending", "called_off")]))
        }
        "POST /emergency/{id}/assign" => {
            let calls = world.calls(at).await;
            (Subject, Ask::form(path.replace("{id}", &calls.waiting), &[("vehicle", &calls.free)]))
        }
        "POST /emergency/{id}/mission" => {
            let calls = world.calls(at).await;
            let fields = [("mission", calls.mission.as_str()), ("event", "arrive")];
            (Subject, Ask::form(path.replace("{id}", &calls.under_way), &fields))
        }
        "POST /emergency/{id}/announce" => {
            let calls = world.calls(at).await;
            let fields = [("mission", calls.mission.as_str()), ("to", &format!("1/{NO_RECORD}")), ("minutes", "9")];
            (Subject, Ask::form(path.replace("{id}", &calls.under_way), &fields))
        }
        "POST /emergency/{id}/divert" => {
            (Subject, Ask::form(path.replace("{id}", &world.calls(at).await.plain), &[("to", "advice_seat")]))
        }
        "POST /emergency/{id}/call-back" => {
            (Subject, Ask::form(path.replace("{id}", &world.calls(at).await.diverted), &[("found", "unchanged")]))
        }
        "POST /handovers/{district}/{mission}" => {
            let mission = world.calls(at).await.mission;
            (Subject, Ask::form(format!("/handovers/{}/{mission}", at.district), &[("do", "arrived")]))
        }
        // the plan
        "GET /grid" | "GET /grid/live" | "GET /grid/history" | "GET /city" | "GET /city/outcomes" => (List, Ask::get(path)),
        "POST /grid/decide" | "POST /grid/fleet" => (Subject, Ask::form(path, &[("do", "accept")])),
        "POST /grid/step-down/{key}" => {
            (Subject, Ask::form(path.replace("{key}", &format!("{NO_RECORD}-1")), &[("do", "unmark")]))
        }
        // calendar and rules: one for the whole house, for those who may look or change them at all
        "GET /admin/calendar" | "GET /admin/rules" => (List, Ask::get(path)),
        "GET /admin/calendar/years/{year}" => (List, Ask::get("/admin/calendar/years/2026")),
        "POST /admin/calendar/plans" => (List, Ask::form(path, &[("plan_text", "no plan"), ("plan_year", "2027")])),
        "POST /admin/calendar/years/{year}/reset" => {
            world.calendar().await;
            (List, Ask::form("/admin/calendar/years/2027/reset", &[]))
        }
        "POST /admin/calendar/days" => (List, Ask::form(path, &[("date", "2026-13-01"), ("name", "停电")])),
        "POST /admin/calendar/days/{day}/remove" => {
            world.calendar().await;
            (List, Ask::form("/admin/calendar/days/2027-01-04/remove", &[("reason", "弄错了")]))
        }
        "GET /admin/rules/packs/{key}" => (List, Ask::get(format!("/admin/rules/packs/{}", world.pack_digest()))),
        "POST /admin/rules" => (List, Ask::form(path, &[("pack_text", "no pack")])),
        "POST /admin/rules/packs/{key}/withdraw" => {
            (List, Ask::form(format!("/admin/rules/packs/{}/withdraw", world.pack().await), &[]))
        }
        // ops
        "GET /health" | "GET /ready" | "GET /metrics" | "GET /api/v1/openapi.json" => (List, Ask::get(path)),
        // board
        "GET /b" => (List, Ask::get("/b?code=AAAA")),
        "GET /b/{code}" => (List, Ask::get(format!("/b/{}", at.board))),
        "GET /b/{code}/print" => (List, Ask::get(format!("/b/{}/print", at.board))),
        "GET /n/{district}/{id}" => (List, Ask::get(format!("/n/{}/{}", at.district, world.notice(at).await))),
        "GET /assets/board/{hash}/board.css" | "GET /assets/situation/{hash}/situation.css" => {
            (List, Ask::get(path.replace("{hash}", "0")))
        }
        "GET /api/v1/boards/{code}" => (List, Ask::get(format!("/api/v1/boards/{}", at.board))),
        "GET /notices" | "GET /notices/new" => (List, Ask::get(path)),
        "POST /notices" => {
            let place = at.estate.to_string();
            let fields = [("place", place.as_str()), ("kind", "notice"), ("title", "停水"), ("body", "停水"), ("signed", "物业")];
            (Subject, Ask::form(path, &fields))
        }
        "POST /notices/{id}/withdraw" => (Subject, Ask::form(format!("/notices/{}/withdraw", world.notice(at).await), &[])),
        "GET /pledges" => (List, Ask::get(path)),
        "GET /pledges/{path}" => (Subject, Ask::get(format!("/pledges/{}", at.estate))),
        "POST /pledges/{path}" => {
            (Subject, Ask::form(format!("/pledges/{}", at.estate), &[("text", "修好为止"), ("duty_phone", "025-0000-0002")]))
        }
        // cases
        "GET /report" => (List, Ask::get(format!("/report?at={}", at.board))),
        "POST /report" => (List, Ask::form(path, &[])),
        "GET /r/{token}" | "GET /r/{token}/photo/{position}" | "GET /r/{token}/thumb/{position}" => {
            (List, Ask::get(path.replace("{token}", &"A".repeat(43)).replace("{position}", "1")))
        }
        "POST /r/{token}/confirm" | "POST /r/{token}/not-fixed" => {
            (List, Ask::form(path.replace("{token}", &"A".repeat(43)), &[]))
        }
        "GET /u/{token}"
        | "GET /u/{token}/cases/{id}"
        | "GET /u/{token}/cases/{id}/photo/{position}"
        | "GET /u/{token}/cases/{id}/thumb/{position}" => {
            let id = "00000000-0000-7000-8000-000000000000";
            (List, Ask::get(path.replace("{token}", &"A".repeat(40)).replace("{id}", id).replace("{position}", "1")))
        }
        "POST /u/{token}/cases/{id}/take"
        | "POST /u/{token}/cases/{id}/finish"
        | "POST /u/{token}/cases/{id}/note"
        | "POST /u/{token}/cases/{id}/return"
        | "POST /u/{token}/cases/{id}/ask-time"
        | "POST /u/{token}/cases/{id}/answer-call" => {
            let id = "00000000-0000-7000-8000-000000000000";
            (List, Ask::form(path.replace("{token}", &"A".repeat(40)).replace("{id}", id), &[("reason", "不归我们管")]))
        }
        "GET /units" => (List, Ask::get(path)),
        "POST /units" => (List, Ask::form(path, &[("unit", "")])),
        "GET /units/{id}" => (Subject, Ask::get(format!("/units/{}", world.unit_link(at).await))),
        "POST /units/{id}/revoke" => (Subject, Ask::form(format!("/units/{}/revoke", world.unit_link(at).await), &[])),
        "POST /api/v1/hotline/tickets" => (List, Ask::json(path, json!({ "ticket_no": "GD1", "content": "停水" }))),
        "GET /api/v1/hotline/outbox" => (List, Ask::get(path)),
        "POST /calls" => (List, Ask::form(path, &[("phone", "13800000000")])),
        "GET /admin/classes" => (List, Ask::get(format!("{path}?list=message"))),
        "GET /cases/{id}/class" => (Subject, Ask::get(format!("/cases/{}/class?q=%E5%99%AA", world.case(at).await.0))),
        "POST /cases/{id}/class" => {
            let fields = [("class", "noise"), ("message", ""), ("matter", ""), ("reason", "是噪声")];
            (Subject, Ask::form(format!("/cases/{}/class", world.case(at).await.0), &fields))
        }
        "GET /desk/handover" | "GET /desk/wall" => (List, Ask::get(path)),
        "GET /desk/export" => (List, Ask::get(format!("{path}?format=csv"))),
        "POST /desk/handover" => (List, Ask::form(path, &[("hours", "5"), ("to", ""), ("note", "")])),
        "POST /desk/handover/{id}/take" => (Subject, Ask::form(path.replace("{id}", &world.handover(at).await), &[])),
        "POST /desk/new" => (List, Ask::form(path, &[("place", "a"), ("phone", "13800000000")])),
        "GET /my-day" | "GET /desk" | "GET /desk/new" | "GET /calls" | "GET /cases/live" | "GET /api/v1/cases" => {
            (List, Ask::get(path))
        }
        "GET /cases/{id}"
        | "GET /api/v1/cases/{id}"
        | "GET /cases/{id}/photo/{position}"
        | "GET /cases/{id}/thumb/{position}" => {
            (Subject, Ask::get(path.replace("{id}", &world.case(at).await.0).replace("{position}", "1")))
        }
        "POST /cases/{id}/take"
        | "POST /cases/{id}/assign"
        | "POST /cases/{id}/note"
        | "POST /cases/{id}/finish"
        | "POST /cases/{id}/confirm"
        | "POST /cases/{id}/not-fixed"
        | "POST /cases/{id}/void"
        | "POST /cases/{id}/answer"
        | "POST /cases/{id}/move"
        | "POST /cases/{id}/close"
        | "POST /cases/{id}/dispatch"
        | "POST /cases/{id}/extend"
        | "POST /cases/{id}/suspend"
        | "POST /cases/{id}/resume"
        | "POST /cases/{id}/merge"
        | "POST /cases/{id}/entrust"
        | "POST /cases/{id}/call"
        | "POST /cases/{id}/call-answer"
        | "POST /cases/{id}/refuse-time"
        | "POST /cases/{id}/contacted"
        | "POST /cases/{id}/ask-city"
        | "POST /cases/{id}/contact"
        | "POST /cases/{id}/lift-kept" => {
            let fields = [
                ("note", "看过了"),
                ("no_photo_because", "没有电"),
                ("words", "还是不亮"),
                ("reason", "重复"),
                ("person", "00000000-0000-7000-8000-000000000000"),
                ("told_by", "phone"),
                ("contact_reason", "约时间"),
                ("event", if path.ends_with("/close") { "close" } else { "check" }),
            ];
            // Asked as a phone asks that sends its queue: the answer is a code, not a page.
            let asked = Ask::form(path.replace("{id}", &world.case(at).await.0), &fields);
            (Subject, asked.with("accept", "application/json"))
        }
        "POST /api/v1/cases" => (List, Ask::json(path, json!({ "board": at.board, "description": "灯不亮" }))),
        // care
        "GET /care" | "GET /care/mine" | "GET /care/live" | "GET /care/figures" | "GET /care/enrol" | "GET /care/people" => {
            world.care_visit(at).await;
            (List, Ask::get(path))
        }
        "GET /care/visits/{id}" => (Subject, Ask::get(format!("/care/visits/{}", world.care_visit(at).await))),
        "POST /care/visits/{id}/take" | "POST /care/visits/{id}/{event}" => {
            let id = world.care_visit(at).await;
            let asked = Ask::form(path.replace("{id}", &id).replace("{event}", "contact_told"), &[("words", "敲过门了")]);
            (Subject, asked.with("accept", "application/json"))
        }
        "POST /care/enrol" => {
            let home = format!("{}/1栋/1单元/102", at.estate_code);
            (Subject, Ask::form(path, &[("home", &home), ("name", "甲某"), ("channel", "doorstep")]))
        }
        "GET /care/people/{id}"
        | "GET /care/people/{id}/consents"
        | "GET /care/people/{id}/agree"
        | "GET /care/people/{id}/scan/{consent}" => {
            let id = world.care_person(at).await.id.to_string();
            (Subject, Ask::get(path.replace("{id}", &id).replace("{consent}", "00000000-0000-7000-8000-000000000000")))
        }
        "POST /care/people/{id}/agree"
        | "POST /care/people/{id}/withdraw"
        | "POST /care/people/{id}/watch"
        | "POST /care/people/{id}/worry"
        | "POST /care/people/{id}/link" => {
            let id = world.care_person(at).await.id.to_string();
            let fields = [("what", "back"), ("words", "两天没见到人"), ("purpose", "watch"), ("channel", "doorstep")];
            (Subject, Ask::form(path.replace("{id}", &id), &fields))
        }
        // key groups and readings
        "GET /care/calls"
        | "GET /care/red"
        | "GET /care/key-groups"
        | "GET /care/oximeters"
        | "GET /care/oxygen"
        | "GET /care/antivirals" => {
            world.followed(at).await;
            (List, Ask::get(path))
        }
        "GET /care/follow/{id}" | "GET /care/follow/{id}/factors" | "GET /care/follow/{id}/antivirals" => {
            (Subject, Ask::get(path.replace("{id}", &world.followed(at).await.person)))
        }
        "POST /care/follow/{id}/factors"
        | "POST /care/follow/{id}/antivirals"
        | "POST /care/follow/{id}/readings"
        | "POST /care/follow/{id}/colour"
        | "POST /care/follow/{id}/antivirals/decide"
        | "POST /care/follow/{id}/oxygen"
        | "POST /care/follow/{id}/oximeter" => {
            let followed = world.followed(at).await;
            let fields = [
                ("born", "1940-01-01"),
                ("disease", "stable"),
                ("vaccination", "full"),
                ("institution", followed.institution.as_str()),
                ("spo2", "95"),
                ("onset", "2026-11-01"),
                ("colour", "yellow"),
                ("colour_because", "平稳"),
                ("medicine", "none"),
                ("because", "症状轻"),
            ];
            (Subject, Ask::form(path.replace("{id}", &followed.person), &fields))
        }
        "POST /care/alarms/{id}/acknowledge"
        | "POST /care/alarms/{id}/referral"
        | "POST /care/alarms/{id}/visit"
        | "POST /care/alarms/{id}/oxygen" => {
            let fields = [("became", "kept"), ("because", "看过了"), ("urgency", "3")];
            (Subject, Ask::form(path.replace("{id}", &world.followed(at).await.alarm), &fields))
        }
        "POST /care/oximeters" => {
            let institution = world.health_centre(at).await.to_string();
            (Subject, Ask::form(path, &[("institution", institution.as_str()), ("count", "2")]))
        }
        // What an institution has is one number for the whole district; who has it is shown to their team.
        "GET /care/oximeters/{id}" => (List, Ask::get(path.replace("{id}", &world.followed(at).await.institution))),
        "POST /care/oximeters/{id}/put" => {
            (Subject, Ask::form(path.replace("{id}", &world.followed(at).await.oximeter), &[("to", "on_hand")]))
        }
        // The same goes for its places and its stock: numbers for the district, names for the team.
        "GET /care/oxygen/{id}" | "GET /care/antivirals/{id}" => {
            (List, Ask::get(path.replace("{id}", &world.followed(at).await.institution)))
        }
        "POST /care/oxygen/{id}/offer" => {
            let fields = [
                ("from_day", "2027-01-01"),
                ("weekday", "0"),
                ("opens", "09:00"),
                ("closes", "12:00"),
                ("slot_minutes", "60"),
                ("places", "2"),
            ];
            (Subject, Ask::form(path.replace("{id}", &world.followed(at).await.institution), &fields))
        }
        "POST /care/antivirals/{id}/entries" => {
            let fields =
                [("kind", "received"), ("medicine", "nirmatrelvir"), ("lot", "A1"), ("expires", "2030-01-01"), ("quantity", "1")];
            (Subject, Ask::form(path.replace("{id}", &world.followed(at).await.institution), &fields))
        }
        "POST /care/oxygen/bookings/{id}/put" => {
            (Subject, Ask::form(path.replace("{id}", &world.followed(at).await.booking), &[("to", "released")]))
        }
        "POST /care/antivirals/decisions/{id}/put" => {
            let fields = [("to", "cancelled"), ("because", "改用其他药")];
            (Subject, Ask::form(path.replace("{id}", &world.followed(at).await.decision), &fields))
        }
        // the treatment network
        "GET /clinics" | "GET /network" | "GET /network/grids" | "GET /network/new" | "GET /network/returns" => {
            world.institution(at).await;
            (List, Ask::get(path))
        }
        "POST /network/new" => {
            let fields =
                [("name", "新医院"), ("code", "N1"), ("kind", "hospital"), ("level", "second"), ("place", at.estate_code)];
            (Subject, Ask::form(path, &fields))
        }
        "GET /network/{district}/{id}" => {
            (Subject, Ask::get(format!("/network/{}/{}", at.district, world.institution(at).await.id)))
        }
        "GET /network/{district}/{id}/upkeep" => {
            (Subject, Ask::get(format!("/network/{}/{}/upkeep", at.district, world.institution(at).await.id)))
        }
        "POST /network/{district}/{id}/upkeep" => {
            let fields = [("do", "staffing"), ("from", "2026-11-20"), ("own-doctor-general", "3")];
            (Subject, Ask::form(format!("/network/{}/{}/upkeep", at.district, world.institution(at).await.id), &fields))
        }
        "POST /network/{district}/{id}/units" => {
            let fields = [
                ("kind", "icu"),
                ("name", "重症"),
                ("added", "on_site"),
                ("serves", "everybody"),
                ("lane", "full"),
                ("hours", "全天"),
            ];
            (Subject, Ask::form(format!("/network/{}/{}/units", at.district, world.institution(at).await.id), &fields))
        }
        "POST /network/{district}/{id}/crowding/{unit}" => {
            let known = world.institution(at).await;
            let to = format!("/network/{}/{}/crowding/{}", at.district, known.id, known.unit);
            (Subject, Ask::form(to, &[("level", "busy")]))
        }
        "GET /network/returns/{district}/{id}/{form}/{day}" => {
            let known = world.institution(at).await;
            (Subject, Ask::get(format!("/network/returns/{}/{}/fever_clinic/{}", at.district, known.id, known.day)))
        }
        "POST /network/returns/{district}/{id}/{form}/{day}" => {
            let known = world.institution(at).await;
            let to = format!("/network/returns/{}/{}/fever_clinic/{}", at.district, known.id, known.day);
            let fields = [("visits", "4"), ("rooms_open", "3"), ("transfers", "1"), ("because", "漏报一例"), ("seen", "1")];
            (Subject, Ask::form(to, &fields))
        }
        "GET /c/{token}" => (List, Ask::get(path.replace("{token}", &"A".repeat(40)))),
        "POST /c/{token}/agree" | "POST /c/{token}/withdraw" | "POST /c/{token}/away" => {
            let fields = [("purpose", "watch"), ("until", "2026-12-01")];
            (List, Ask::form(path.replace("{token}", &"A".repeat(40)), &fields))
        }
        // open311
        "GET /open311/v2/discovery.xml"
        | "GET /open311/v2/discovery.json"
        | "GET /open311/v2/services.xml"
        | "GET /open311/v2/services.json"
        | "GET /open311/v2/services/{file}"
        | "GET /open311/v2/tokens/{file}"
        | "GET /open311/v2/requests.xml"
        | "GET /open311/v2/requests.json"
        | "GET /open311/v2/requests/{file}"
        | "GET /open311/v2/{*rest}" => {
            let path = path.replace("{file}", "stair_lamp.xml").replace("{*rest}", "nothing.xml");
            (List, Ask::get(format!("{path}?jurisdiction_id={}", at.division)))
        }
        "POST /open311/v2/requests.xml" | "POST /open311/v2/requests.json" => {
            let fields = [("jurisdiction_id", at.division), ("service_code", "stair_lamp"), ("address_id", at.board.as_str())];
            (List, Ask::form(path, &fields))
        }
        "GET /admin/open311" | "GET /desk/elsewhere" => (List, Ask::get(path)),
        "POST /admin/open311" => (List, Ask::form(path, &[("district", "999999"), ("name", "x")])),
        "POST /admin/open311/run" | "POST /admin/open311/remove" => {
            (Subject, Ask::form(path, &[("district", &at.district.to_string()), ("name", "nowhere")]))
        }
        "POST /desk/elsewhere" | "POST /desk/elsewhere/settle" => {
            (List, Ask::form(path, &[("number", "2026-999999"), ("remote", "nowhere")]))
        }
        // devices
        "POST /api/v1/devices/signs" => (List, Ask::json(path, json!({ "at": 1 }))),
        "POST /api/v1/devices/hikvision/{token}" => (List, Ask::json(path.replace("{token}", "dev_none"), json!({}))),
        "GET /admin/devices" => (List, Ask::get(format!("/admin/devices?district={}", at.district))),
        "POST /admin/devices" => {
            let district = at.district.to_string();
            let fields = [
                ("district", district.as_str()),
                ("kind", "gateway"),
                ("name", "网关"),
                ("place", at.estate_code),
                ("owner", "物业"),
                ("permitted_on", ""),
            ];
            (Subject, Ask::form(path, &fields))
        }
        "GET /admin/devices/{district}/{id}" => (Subject, Ask::get(world.device(at).await)),
        "POST /admin/devices/{district}/{id}/token" => (Subject, Ask::form(format!("{}/token", world.device(at).await), &[])),
        "POST /admin/devices/{district}/{id}/papers" => {
            (Subject, Ask::form(format!("{}/papers", world.device(at).await), &[("permitted_on", ""), ("filing_no", "")]))
        }
        "POST /admin/devices/{district}/{id}/label" => {
            let fields = [("label", "a"), ("person", "00000000-0000-7000-8000-000000000000")];
            (Subject, Ask::form(format!("{}/label", world.device(at).await), &fields))
        }
        "POST /admin/devices/{district}/{id}/unlabel" => {
            (Subject, Ask::form(format!("{}/unlabel", world.device(at).await), &[("label", "")]))
        }
        "POST /admin/devices/{district}/{id}/retire" => (Subject, Ask::form(format!("{}/retire", world.device(at).await), &[])),
        // fhir
        "GET /fhir/metadata" => (List, Ask::get(path)),
        "GET /fhir/Observation" => (List, Ask::get(format!("{path}?subject={}", uuid::Uuid::from_u128(1)))),
        "POST /fhir" => (List, Ask::json(path, json!({ "resourceType": "Bundle", "type": "batch" }))),
        "POST /fhir/Observation" => (List, Ask::json(path, json!({ "resourceType": "Observation", "status": "final" }))),
        "POST /fhir/Observation/_search" => (List, Ask::form(path, &[("subject", "1")])),
        "GET /fhir" | "GET /have/1.0" => (List, Ask::get(path)),
        "POST /have/1.0" => (List, Ask::json(path, json!({}))),
        "PUT /fhir/Observation" | "PATCH /fhir/Observation" | "DELETE /fhir/Observation" => {
            (List, Ask { method: spec.method.clone(), ..Ask::json(path, json!({})) })
        }
        "GET /fhir/Observation/{id}"
        | "PUT /fhir/Observation/{id}"
        | "POST /fhir/Observation/{id}"
        | "PATCH /fhir/Observation/{id}"
        | "DELETE /fhir/Observation/{id}" => {
            let id = format!("{}.pulse", uuid::Uuid::from_u128(1));
            let asked = Ask::json(path.replace("{id}", &id), json!({ "resourceType": "Observation", "id": id }));
            (List, Ask { method: spec.method.clone(), ..asked })
        }
        key if key.contains(" /fhir/") && !key.contains("{*rest}") => {
            let kind = path.split('/').nth(2).unwrap_or_default();
            let named = path.replace("{id}", &uuid::Uuid::from_u128(1).to_string());
            match (spec.method.as_str(), path.ends_with("/_search")) {
                ("GET", _) => (List, Ask::get(named)),
                (_, true) => (List, Ask::form(named, &[("_summary", "count")])),
                _ => (List, Ask { method: spec.method.clone(), ..Ask::json(named, json!({ "resourceType": kind })) }),
            }
        }
        "GET /fhir/{*rest}" | "POST /fhir/{*rest}" | "PUT /fhir/{*rest}" | "PATCH /fhir/{*rest}" | "DELETE /fhir/{*rest}" => {
            let asked = Ask::json("/fhir/Condition/1", json!({ "resourceType": "Condition" }));
            (List, Ask { method: spec.method.clone(), ..asked })
        }
        // situation
        "GET /" | "GET /district" => (List, Ask::get(path)),
        "GET /find" => (List, Ask::get("/find?name=a")),
        "GET /places/{path}" => (Subject, Ask::get(format!("/places/{}", at.estate))),
        "GET /places/{path}/who" => (Subject, Ask::get(format!("/places/{}/who", at.estate))),
        "GET /places/{path}/live" => (Subject, Ask::get(format!("/places/{}/live", at.estate))),
        _ => return rounds::ask(&route, path, world, at).await,
    })
}
