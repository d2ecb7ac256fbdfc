//! What is asked of lifts and renovation items.

use super::super::world::{Ground, World};
use super::{About, Ask};

/// What to ask of a route of this room about a place.
pub(super) async fn ask(route: &str, path: &str, world: &World, at: &Ground) -> Option<(About, Ask)> {
    use About::{List, Subject};
    let lift = async || {
        let lift = world.lift(at).await;
        let path = path.replace("{id}", &lift.id).replace("{home}", &lift.home).replace("{scheme}", &lift.scheme);
        path.replace("{objection}", &lift.objection).replace("{hash}", &lift.paper)
    };
    let place = format!("{}/1栋/1单元", at.estate_code);
    Some(match route {
        "GET /lifts" => {
            world.lift(at).await;
            (List, Ask::get(path))
        }
        "GET /lifts/live" | "GET /my-home/lift" | "GET /renovation" => (List, Ask::get(path)),
        "POST /my-home/lift" => (List, Ask::form(path, &[("stance", "agree")])),
        "POST /lifts" => (Subject, Ask::form(path, &[("place", &place)])),
        "GET /lifts/estate/{district}/{path}" => (List, Ask::get(format!("/lifts/estate/{}/{}", at.district, at.estate))),
        "GET /lifts/{id}"
        | "GET /lifts/{id}/homes/{home}"
        | "GET /lifts/{id}/homes/{home}/letter"
        | "GET /lifts/{id}/talks"
        | "GET /lifts/{id}/schemes"
        | "GET /lifts/{id}/schemes/new"
        | "GET /lifts/{id}/schemes/{scheme}"
        | "GET /lifts/{id}/light"
        | "GET /lifts/{id}/steps"
        | "GET /lifts/{id}/pack"
        | "GET /lifts/{id}/papers/{hash}" => (Subject, Ask::get(lift().await)),
        "POST /lifts/{id}/convene" => (Subject, Ask::form(lift().await, &[])),
        // The convener alone is shown who could carry it; everybody else is told so.
        "POST /lifts/{id}/open-homes" => (Subject, Ask::form(lift().await, &[])),
        "POST /lifts/{id}/homes/{home}" => (Subject, Ask::form(lift().await, &[("stance", "agree"), ("way", "door")])),
        "POST /lifts/{id}/homes/{home}/correct" => {
            (Subject, Ask::form(lift().await, &[("area", "60"), ("source", "register"), ("same_as", "")]))
        }
        "POST /lifts/{id}/homes/{home}/sign" => (Subject, Ask::form(lift().await, &[("how", "paper")])),
        "POST /lifts/{id}/homes/{home}/sold" => (Subject, Ask::form(lift().await, &[("sold_on", "2026-11-01")])),
        "POST /lifts/{id}/property" => (Subject, Ask::form(lift().await, &[("property_by", "物业")])),
        "POST /lifts/{id}/meetings" => {
            (Subject, Ask::form(lift().await, &[("subject", "协商"), ("attended", "1"), ("outcome", "再议")]))
        }
        "POST /lifts/{id}/objections" => (Subject, Ask::form(lift().await, &[("matter", "view"), ("said", "挡视线")])),
        "POST /lifts/{id}/objections/{objection}" => (Subject, Ask::form(lift().await, &[("event", "talk"), ("said", "谈过")])),
        "POST /lifts/{id}/schemes" | "POST /lifts/{id}/schemes/{scheme}" => (Subject, Ask::form(lift().await, &[("name", "")])),
        "POST /lifts/{id}/schemes/{scheme}/choose" => (Subject, Ask::form(lift().await, &[])),
        "POST /lifts/{id}/schemes/{scheme}/views" => (Subject, Ask::form(lift().await, &[("floor", "1"), ("opinion", "for")])),
        "POST /lifts/{id}/plan" => (Subject, Ask::form(lift().await, &[("turn", "0"), ("storey", "3")])),
        "POST /lifts/{id}/footprint" => (Subject, Ask::form(lift().await, &[("geojson", "{}"), ("height", "18")])),
        "POST /lifts/{id}/steps" => (Subject, Ask::form(lift().await, &[("kind", "hear_building"), ("paper_no", "1")])),
        "POST /lifts/{id}/notices" | "POST /lifts/{id}/notices/close" => (Subject, Ask::form(lift().await, &[])),
        "POST /renovation" => (Subject, Ask::form(path, &[("estate", at.estate_code), ("code", "lighting")])),
        "GET /renovation/{id}" => (Subject, Ask::get(path.replace("{id}", &world.renovation(at).await))),
        "POST /renovation/{id}/fund" => {
            (Subject, Ask::form(path.replace("{id}", &world.renovation(at).await), &[("city", "100")]))
        }
        "POST /renovation/{id}/ask" => (
            Subject,
            Ask::form(path.replace("{id}", &world.renovation(at).await), &[("building", ""), ("homes", "1"), ("agreed", "1")]),
        ),
        "POST /renovation/{id}/progress" => {
            (Subject, Ask::form(path.replace("{id}", &world.renovation(at).await), &[("percent", "0"), ("said", "准备")]))
        }
        "POST /renovation/{id}/accept" => {
            (Subject, Ask::form(path.replace("{id}", &world.renovation(at).await), &[("present", "1"), ("content", "1")]))
        }
        "GET /renovation/photos/{district}/{id}/{no}/{size}" => {
            let item = world.renovation(at).await;
            (List, Ask::get(format!("/renovation/photos/{}/{item}/1/small", at.district)))
        }
        "GET /assets/retrofit/{hash}/{file}" => (List, Ask::get("/assets/retrofit/0/retrofit.css")),
        _ => return None,
    })
}
