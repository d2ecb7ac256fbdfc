//! What is asked of meetings and proposals.

use linli_council::model::State;

use super::super::world::{Ground, World};
use super::{About, Ask};

/// What to ask of a route of this room about a place.
pub(super) async fn ask(route: &str, path: &str, world: &World, at: &Ground) -> Option<(About, Ask)> {
    use About::{List, Subject};
    let of = async |state| path.replace("{id}", &world.meeting(at, state).await);
    let proposed = async || path.replace("{id}", &world.proposal(at).await);
    let at_board = path.replace("{code}", &at.board);
    Some(match route {
        "GET /meetings" => {
            world.meeting(at, State::Draft).await;
            world.meeting(at, State::Called).await;
            (List, Ask::get(path))
        }
        "GET /meetings/proposals" => {
            world.proposal(at).await;
            (List, Ask::get(path))
        }
        "GET /meetings/live" | "GET /meetings/new" | "GET /meetings/months" | "GET /meetings/calendar" => (List, Ask::get(path)),
        "POST /meetings/calendar" => (List, Ask::form(path, &[])),
        "POST /meetings" => {
            (Subject, Ask::form(path, &[("kind", "joint"), ("place", at.estate.as_str()), ("day", "2026-12-30")]))
        }
        "POST /meetings/proposals" => {
            let fields = [("told_by", "paper"), ("place", at.estate.as_str()), ("title", "装休息椅"), ("body", "没地方坐")];
            (Subject, Ask::form(path, &fields))
        }
        "GET /meetings/proposals/{id}" => (Subject, Ask::get(proposed().await)),
        "POST /meetings/proposals/{id}/look" => (Subject, Ask::form(proposed().await, &[("do", "decline"), ("reason", "已有")])),
        "POST /meetings/proposals/{id}/contact" => (Subject, Ask::form(proposed().await, &[])),
        "POST /meetings/proposals/{id}/second" => {
            let home = format!("{}/1栋/1单元/102", at.estate_code);
            (Subject, Ask::form(proposed().await, &[("told_by", "doorstep"), ("home", &home)]))
        }
        "POST /meetings/proposals/{id}/comment" => {
            (Subject, Ask::form(proposed().await, &[("told_by", "phone"), ("stance", "for"), ("comment", "支持")]))
        }
        "GET /meetings/{id}" => (Subject, Ask::get(of(State::Called).await)),
        "POST /meetings/{id}/agenda" => (Subject, Ask::form(of(State::Draft).await, &[("title", "门禁")])),
        "POST /meetings/{id}/seats" => {
            (Subject, Ask::form(of(State::Draft).await, &[("party", "residents"), ("seat_title", "居民代表")]))
        }
        "POST /meetings/{id}/call" => (Subject, Ask::form(of(State::Draft).await, &[("because", "急事")])),
        "POST /meetings/{id}/change" => (Subject, Ask::form(of(State::Draft).await, &[("title", "")])),
        "POST /meetings/{id}/cancel" => (Subject, Ask::form(of(State::Called).await, &[("because", "停电")])),
        // It does not begin for days.
        "POST /meetings/{id}/hold" => (Subject, Ask::form(of(State::Called).await, &[])),
        "POST /meetings/{id}/say"
        | "POST /meetings/{id}/answer"
        | "POST /meetings/{id}/count"
        | "POST /meetings/{id}/decide"
        | "POST /meetings/{id}/undertake"
        | "POST /meetings/{id}/signed" => (Subject, Ask::form(of(State::Held).await, &[("item", "")])),
        "POST /meetings/{id}/minutes" => (Subject, Ask::form(of(State::Held).await, &[("body", "记录"), ("reason", "补记")])),
        "POST /meetings/{id}/confirm" => (Subject, Ask::form(of(State::Held).await, &[])),
        "POST /meetings/{id}/approve" => (Subject, Ask::form(of(State::Held).await, &[])),
        "POST /meetings/{id}/publish" | "POST /meetings/{id}/correct" => (Subject, Ask::form(of(State::Approved).await, &[])),
        "POST /meetings/{id}/hang" => {
            (Subject, Ask::form(of(State::Called).await, &[("paper", "notice"), ("place", at.estate.as_str())]))
        }
        "GET /council/{district}/{id}" | "GET /council/{district}/{id}/event.ics" => {
            (List, Ask::get(of(State::Called).await.replace("{district}", &at.district.to_string())))
        }
        // No paper was photographed.
        "GET /council/{district}/{id}/hung/{posting}" => {
            let path = of(State::Called).await.replace("{district}", &at.district.to_string());
            (List, Ask::get(path.replace("{posting}", super::NO_RECORD)))
        }
        "GET /council/at/{code}" => (List, Ask::get(at_board)),
        "POST /council/at/{code}" => (List, Ask::form(at_board, &[("title", ""), ("body", "")])),
        "GET /council/at/{code}/{id}" => (List, Ask::get(at_board.replace("{id}", &world.proposal(at).await))),
        "POST /council/at/{code}/{id}/second" => (List, Ask::form(at_board.replace("{id}", &world.proposal(at).await), &[])),
        "POST /council/at/{code}/{id}/comment" => {
            (List, Ask::form(at_board.replace("{id}", &world.proposal(at).await), &[("stance", "for"), ("comment", "")]))
        }
        "GET /calendar/{district}/{file}" => {
            let community = at.estate.parent().map(|place| format!("{place}.ics")).unwrap_or_default();
            (List, Ask::get(path.replace("{district}", &at.district.to_string()).replace("{file}", &community)))
        }
        "GET /calendar/{district}/mine/{file}" => {
            (List, Ask::get(path.replace("{district}", &at.district.to_string()).replace("{file}", "no-such-token.ics")))
        }
        _ => return super::ballot::ask(route, path, world, at).await,
    })
}
