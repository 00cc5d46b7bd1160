def tell(logger, message, error, request, tracker):
    # ruleid: words-of-people-in-a-log
    logger.info("message.received", text=message.text)
    # ruleid: words-of-people-in-a-log
    logger.warning("request.refused %s", request.body)
    # ruleid: words-of-people-in-a-log
    logger.error("action.failed", slots=tracker.current_slot_values(tracker.slots))
    # ruleid: words-of-people-in-a-log
    logger.error("action.failed", reason=str(error))
    # ruleid: words-of-people-in-a-log
    logger.error("action.failed %s", error)
    # ruleid: words-of-people-in-a-log
    logger.info(f"{message} came")
    # ruleid: error-message-in-a-log
    logger.exception("action.failed")
    # ruleid: error-message-in-a-log
    logger.error("action.failed", exc_info=True)
    # ok: words-of-people-in-a-log, error-message-in-a-log
    logger.error("action.failed", reason=type(error).__name__, error_id="7")
    # ok: words-of-people-in-a-log, error-message-in-a-log
    logger.error("channels.delivery.refused", error=error.code, context=message.id)
