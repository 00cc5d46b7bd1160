import sqlalchemy as sa

def read(session, cursor, name):
    # ruleid: sql-built-from-text
    session.execute(f"SELECT * FROM people WHERE name = '{name}'")
    # ruleid: sql-built-from-text
    session.execute(sa.text("SELECT * FROM people WHERE name = '" + name + "'"))
    # ruleid: sql-built-from-text
    cursor.execute("SELECT * FROM people WHERE name = '%s'" % name)
    # ruleid: sql-built-from-text
    session.exec_driver_sql("SELECT * FROM people WHERE name = '{}'".format(name))
    # ok: sql-built-from-text
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    # ok: sql-built-from-text
    session.execute(sa.text("SELECT * FROM people WHERE name = :name"), {"name": name})
