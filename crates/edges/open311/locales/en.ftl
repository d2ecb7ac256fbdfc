# Open311 GeoReport v2

open311-contact = { $address }
open311-key-service = Keys are given out by the administrator of this installation (linli open311-key add).
open311-service-common = About common parts. Kind, place, state and promised time are shown to everybody, never your words or photos.
open311-service-private = Only those who work on it see it. It is not in the list of requests.
open311-group-common = Common parts
open311-group-private = Not public
open311-line-address = Place as sent: { $words }
open311-line-attribute = { $name }: { $words }
open311-notice-call = If somebody is in danger, call { $numbers } first.
open311-notice-due = Promised for { $when }

# Refusals; each says what to do next
open311-error-ours = This failed on our side. Please try again later, and tell the administrator if it stays so.
open311-error-nowhere = There is nothing at this address. Methods end in .xml or .json and are listed at discovery.xml.
open311-error-nothing-served = No district is served here yet.
open311-error-jurisdiction = There is no jurisdiction_id { $id } here.
open311-error-jurisdiction-missing = Several jurisdictions are served here: send jurisdiction_id, one of { $ids }.
open311-error-key-missing = api_key is missing. Keys are given out by the administrator.
open311-error-key = This api_key is not known or has been revoked.
open311-error-key-elsewhere = This api_key is for another jurisdiction.
open311-error-service-missing = service_code is missing. The codes are in services.xml.
open311-error-service = There is no service_code { $code }. The codes are in services.xml.
open311-error-no-definition = { $code } asks for nothing more (metadata is false), so it has no definition.
open311-error-token-missing = The token is missing.
open311-error-token = There is no token { $token }. Every report is answered with its service_request_id at once.
open311-error-request-missing = The service_request_id is missing.
open311-error-request = There is no public request { $id }.
open311-error-location-missing = Say where: lat and long, or address_string, or address_id.
open311-error-location-half = lat and long belong together; one of them is missing.
open311-error-location-two = Send one location: address_id names a place by itself and takes no lat, long or address_string beside it.
open311-error-location-point = lat and long must be degrees of WGS-84, such as lat=32.06 and long=118.79.
open311-error-location-unknown = address_id { $id } is no code of a board and no key of a place here.
open311-error-elsewhere = { $name }: { $to } If it is something else, send insist=1.
open311-error-status = { $status } is no status; there are open and closed.
open311-error-date = { $field } { $value } is no instant with a zone, such as 2026-01-31T08:00:00+08:00.
open311-error-span = A span may be { $days } days at most. Ask again for the rest.
open311-error-span-backwards = end_date lies before start_date.
open311-error-too-many = At most { $most } ids at a time.
open311-error-page = { $field } must be a whole number from 1.
open311-error-page-far = Pages reach { $most } requests at most. Narrow start_date and end_date.
open311-error-attribute-missing = attribute[{ $code }] is required by this service; see its definition.
open311-error-attribute = attribute[{ $code }] is not what the definition of this service asks for.
open311-error-photos = At most { $most } photos.
