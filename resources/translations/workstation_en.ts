<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_GB" sourcelanguage="en">
<context>
    <name>ConnectionsWindow</name>
    <message numerus="yes">
        <source>%n order(s) today, asked at {0}.</source>
        <translation>
            <numerusform>%n order today, asked at {0}.</numerusform>
            <numerusform>%n orders today, asked at {0}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>No answer about the safekeeping of %n object(s), the oldest sent {0}.</source>
        <translation>
            <numerusform>No answer about the safekeeping of %n object, the oldest sent {0}.</numerusform>
            <numerusform>No answer about the safekeeping of %n objects, the oldest sent {0}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n accepted film(s) never sent: no destination was in force when they were decided.</source>
        <translation>
            <numerusform>%n accepted film never sent: no destination was in force when it was decided.</numerusform>
            <numerusform>%n accepted films never sent: no destination was in force when they were decided.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DecisionStrip</name>
    <message numerus="yes">
        <source>No warnings: leaves in %n s</source>
        <translation>
            <numerusform>No warnings: leaves in %n s</numerusform>
            <numerusform>No warnings: leaves in %n s</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Leaves in %n s</source>
        <translation>
            <numerusform>Leaves in %n s</numerusform>
            <numerusform>Leaves in %n s</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>EmptyStage</name>
    <message numerus="yes">
        <source>%n folder(s) watched</source>
        <translation>
            <numerusform>%n folder watched</numerusform>
            <numerusform>%n folders watched</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FilmListPanel</name>
    <message numerus="yes">
        <source>%n film(s)</source>
        <translation>
            <numerusform>%n film</numerusform>
            <numerusform>%n films</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Headline</name>
    <message numerus="yes">
        <source>exposures, {0} open</source>
        <translation>
            <numerusform>exposures, {0} open</numerusform>
            <numerusform>exposures, {0} open</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>repeat rate, {0} extra view(s)</source>
        <translation>
            <numerusform>repeat rate, {0} extra view</numerusform>
            <numerusform>repeat rate, {0} extra views</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ProblemsPanel</name>
    <message numerus="yes">
        <source>%n problem(s)</source>
        <translation>
            <numerusform>%n problem</numerusform>
            <numerusform>%n problems</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>QueueTable</name>
    <message numerus="yes">
        <source>Queue: %n object(s)</source>
        <translation>
            <numerusform>Queue: %n object</numerusform>
            <numerusform>Queue: %n objects</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StudyLines</name>
    <message numerus="yes">
        <source>%n exposure(s)</source>
        <translation>
            <numerusform>%n exposure</numerusform>
            <numerusform>%n exposures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n rejected</source>
        <translation>
            <numerusform>%n rejected</numerusform>
            <numerusform>%n rejected</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n without a dose</source>
        <translation>
            <numerusform>%n without a dose</numerusform>
            <numerusform>%n without a dose</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message numerus="yes">
        <source>%n folder(s) watched</source>
        <translation>
            <numerusform>%n folder watched</numerusform>
            <numerusform>%n folders watched</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n order(s) today</source>
        <translation>
            <numerusform>%n order today</numerusform>
            <numerusform>%n orders today</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>no destination set, %n film(s) not sent</source>
        <translation>
            <numerusform>no destination set, %n film not sent</numerusform>
            <numerusform>no destination set, %n films not sent</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} not answering since {1}, %n waiting</source>
        <translation>
            <numerusform>{0} not answering since {1}, %n waiting</numerusform>
            <numerusform>{0} not answering since {1}, %n waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} destinations not answering since {1}, %n waiting</source>
        <translation>
            <numerusform>{0} destinations not answering since {1}, %n waiting</numerusform>
            <numerusform>{0} destinations not answering since {1}, %n waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0}: mistake in the settings, %n waiting</source>
        <translation>
            <numerusform>{0}: mistake in the settings, %n waiting</numerusform>
            <numerusform>{0}: mistake in the settings, %n waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} refused %n object(s)</source>
        <translation>
            <numerusform>{0} refused %n object</numerusform>
            <numerusform>{0} refused %n objects</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n object(s) for a removed destination</source>
        <translation>
            <numerusform>%n object for a removed destination</numerusform>
            <numerusform>%n objects for a removed destination</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n accepted film(s) never sent</source>
        <translation>
            <numerusform>%n accepted film never sent</numerusform>
            <numerusform>%n accepted films never sent</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>WorklistPanel</name>
    <message numerus="yes">
        <source>%n reading</source>
        <translation>
            <numerusform>%n reading</numerusform>
            <numerusform>%n reading</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n to decide</source>
        <translation>
            <numerusform>%n to decide</numerusform>
            <numerusform>%n to decide</numerusform>
        </translation>
    </message>
</context>
</TS>
