//! What others wrote for any server: the JSON Schemas published beside GeoReport v2 (`LINLI_TEST_DATA` names the folder that holds them,
//! for they carry no licence), and the Python client `three` 0.8.0 (`LINLI_TEST_THREE` names a Python that has it; `./scripts/test` makes one).

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use linli_kernel::Clock as _;

use super::super::{Browser, on_both};
use super::checked::{asking, serve};
use super::*;

/// A published schema. A list says `$ref` to the schema of its items, which says neither `$schema` nor `type`: a list would pass as an
/// item. Both are mended here.
fn published(folder: &Path, name: &str) -> Value {
    let read = |name: &str| -> Value {
        let path = folder.join("open311/schema-georeport-v2").join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap()
    };
    let mut schema = read(name);
    if let Some(item) = schema["items"]["$ref"].as_str().map(read) {
        schema["items"] = item;
        schema["items"]["type"] = "object".into();
    } else {
        schema["type"] = "object".into();
    }
    schema
}

fn holds(schema: &Value, value: &Value) {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:?} in {value:#}");
    assert!(!validator.is_valid(&serde_json::json!({ "service_code": 7 })), "a schema that refuses nothing");
}

on_both! {
    async fn answers_hold_the_published_schemas(test) {
        let Some(folder) = std::env::var_os("LINLI_TEST_DATA").map(PathBuf::from) else {
            eprintln!("not done: LINLI_TEST_DATA does not name a folder");
            return;
        };
        let here = Endpoint::open(&test).await;
        let administrator = Browser::of(&here.built, Some(here.ground.administrator().await));
        let taken = administrator.post("/admin/rules", &[("pack_text", &asking())]).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
        here.built.standing.refresh(&here.ground.db, here.ground.clock.now()).await.unwrap();
        let id = here.lamp().await;
        let pointed = here.made(&[("service_code", "manhole"), ("lat", "32.0601"), ("long", "118.7969"), ("description", "井盖缺失")]).await;

        holds(&published(&folder, "services.json"), &here.get("services.json").await.json());
        holds(&published(&folder, "service-definition.json"), &here.get("services/lift.json").await.json());
        for path in ["requests.json".to_owned(), format!("requests/{id}.json"), format!("requests/{pointed}.json")] {
            let answer = here.get(&path).await.json();
            holds(&published(&folder, "requests.json"), &answer);
            assert!(!answer.as_array().unwrap().is_empty(), "{path}");
            holds(&published(&folder, "request.json"), &answer[0]);
        }
    }

    /// `three` was written for Python 2; on Python 3 one name of its standard library is missing.
    async fn the_python_client_creates_lists_and_reads(test) {
        let Some(python) = std::env::var_os("LINLI_TEST_THREE") else {
            eprintln!("not done: LINLI_TEST_THREE does not name a Python that has `three`");
            return;
        };
        const PROGRAM: &str = r#"
import itertools, json, sys
itertools.ifilter = filter
from three import Three
city = Three(sys.argv[1], api_key=sys.argv[2], format="json")
services = city.services()
lamp = [s for s in services if s["service_code"] == "stair_lamp"][0]
made = city.post(lamp["service_code"], address_id="E1", description="楼道灯不亮", name="三 张", phone="025-8888-0000")
id = made[0]["service_request_id"]
photo = city.post(lamp["service_code"], address_id="E1", description="还有一盏", media=open(sys.argv[3], "rb"))
print(json.dumps({
    "made": made, "with_photo": photo, "one": city.request(id), "all": city.requests(), "of_class": city.requests("stair_lamp"),
    "none": city.requests(status="closed"), "unknown": city.request("2026-999999"), "bad_key": Three(sys.argv[1], api_key="x").post("stair_lamp", address_id="E1"),
    "definition": city.services("stair_lamp"),
}))
"#;
        let here = Endpoint::open(&test).await;
        let photo = tempfile::NamedTempFile::with_suffix(".png").unwrap();
        image::RgbImage::from_pixel(40, 30, image::Rgb([9, 90, 9])).save(photo.path()).unwrap();
        let address = serve(here.built.router.clone()).await;
        let args = [PROGRAM.to_owned(), format!("http://{address}{V2}"), here.key.clone(), photo.path().display().to_string()];
        let ran = tokio::task::spawn_blocking(move || {
            Command::new(python).arg("-c").args(args).env("PYTHONIOENCODING", "utf-8").stdin(Stdio::null()).output().unwrap()
        });
        let ran = ran.await.unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let said: Value = serde_json::from_slice(&ran.stdout).unwrap();
        let id = said["made"][0]["service_request_id"].as_str().unwrap();
        assert_eq!(here.kept(id).await.description, "楼道灯不亮");
        let with_photo = here.kept(said["with_photo"][0]["service_request_id"].as_str().unwrap()).await;
        assert_eq!(with_photo.description, "还有一盏");
        assert_eq!((&said["one"][0]["service_request_id"], &said["one"][0]["status"]), (&Value::from(id), &Value::from("open")));
        assert_eq!((said["all"].as_array().unwrap().len(), &said["all"]), (2, &said["of_class"]));
        assert_eq!(said["none"], serde_json::json!([]));
        assert_eq!((&said["unknown"][0]["code"], &said["bad_key"][0]["code"]), (&Value::from(404), &Value::from(403)));
        // A class that asks for nothing more has no definition.
        assert_eq!(said["definition"][0]["code"], 404);
    }
}
