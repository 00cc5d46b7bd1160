def reply(dispatcher, tracker):
    # ruleid: reply-outside-the-domain
    dispatcher.utter_message(text=tracker.latest_message["text"])
    # ruleid: reply-outside-the-domain
    dispatcher.utter_message(tracker.get_slot("name"))
    # ruleid: reply-outside-the-domain
    dispatcher.utter_message(response="utter_x", json_message={"name": tracker.get_slot("name")})
    # ruleid: response-named-by-a-visitor
    dispatcher.utter_message(response=tracker.get_slot("name"))
    # ruleid: response-named-by-a-visitor
    dispatcher.utter_message(response=tracker.latest_message.get("text"))
    # ok: reply-outside-the-domain, response-named-by-a-visitor
    dispatcher.utter_message(response="utter_booking_requested", reference="SR-1")
