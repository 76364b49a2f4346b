<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ru_RU" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About this program</source>
        <translation>О программе</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>Программа</translation>
    </message>
    <message>
        <source>Cascade</source>
        <translation>Каскад</translation>
    </message>
    <message>
        <source>none: films are shown and sent, not assessed</source>
        <translation>нет: снимки показываются и отправляются, но не оцениваются</translation>
    </message>
    <message>
        <source>being loaded</source>
        <translation>загружается</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>Папка данных</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Настройки</translation>
    </message>
    <message>
        <source>Runs on</source>
        <translation>Работает на</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Копировать</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Закрыть</translation>
    </message>
    <message>
        <source>Checks the positioning of chest radiographs. A quality-control aid, not for diagnosis.</source>
        <translation>Проверяет укладку на рентгенограммах грудной клетки. Контроль качества, не для диагностики.</translation>
    </message>
</context>
<context>
    <name>AgainstPanel</name>
    <message>
        <source>Warned but sent: {0}. Passed but rejected: {1}.</source>
        <translation>Предупреждал, но отправлено: {0}. Замечаний не было, но забраковано: {1}.</translation>
    </message>
</context>
<context>
    <name>Compare</name>
    <message>
        <source>Linked</source>
        <translation>Вместе</translation>
    </message>
    <message>
        <source>Zoom and move both films together</source>
        <translation>Масштаб и сдвиг у обоих снимков вместе</translation>
    </message>
    <message>
        <source>Close  C</source>
        <translation>Закрыть  C</translation>
    </message>
</context>
<context>
    <name>Comparison</name>
    <message>
        <source>Previous film</source>
        <translation>Предыдущий снимок</translation>
    </message>
    <message>
        <source>Reading the film …</source>
        <translation>Снимок загружается …</translation>
    </message>
</context>
<context>
    <name>ConnectionsWindow</name>
    <message>
        <source>Connections</source>
        <translation>Соединения</translation>
    </message>
    <message>
        <source>Receiving</source>
        <translation>Приём</translation>
    </message>
    <message>
        <source>Worklist</source>
        <translation>Рабочий список</translation>
    </message>
    <message>
        <source>No destination is set: decided films are not sent, they stay on this console.</source>
        <translation>Получатель не задан: снимки не отправляются, они остаются на этой станции.</translation>
    </message>
    <message>
        <source>Edit the connections …</source>
        <translation>Настроить соединения …</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Закрыть</translation>
    </message>
    <message>
        <source>port {0} · {1}</source>
        <translation>порт {0} · {1}</translation>
    </message>
    <message>
        <source>Films by network are not received.</source>
        <translation>Приём снимков по сети выключен.</translation>
    </message>
    <message>
        <source>Received {0}, refused {1} since the start.</source>
        <translation>С запуска принято {0}, отклонено {1}.</translation>
    </message>
    <message>
        <source>Films are not compared with orders.</source>
        <translation>Снимки с назначениями не сверяются.</translation>
    </message>
    <message>
        <source>Not asked yet.</source>
        <translation>Запроса ещё не было.</translation>
    </message>
    <message numerus="yes">
        <source>%n order(s) today, asked at {0}.</source>
        <translation>
            <numerusform>%n назначение сегодня, запрошено в {0}.</numerusform>
            <numerusform>%n назначения сегодня, запрошено в {0}.</numerusform>
            <numerusform>%n назначений сегодня, запрошено в {0}.</numerusform>
        </translation>
    </message>
    <message>
        <source>Today sent {0}, waiting {1}, failed {2}.</source>
        <translation>Сегодня отправлено {0}, ждут {1}, не удалось {2}.</translation>
    </message>
    <message>
        <source>Not answering since {0}.</source>
        <translation>Не отвечает с {0}.</translation>
    </message>
    <message>
        <source>Next attempt at {0}.</source>
        <translation>Следующая попытка в {0}.</translation>
    </message>
    <message numerus="yes">
        <source>No answer about the safekeeping of %n object(s), the oldest sent {0}.</source>
        <translation>
            <numerusform>О хранении %n объекта получатель не отвечает; самый ранний отправлен {0}.</numerusform>
            <numerusform>О хранении %n объектов получатель не отвечает; самый ранний отправлен {0}.</numerusform>
            <numerusform>О хранении %n объектов получатель не отвечает; самый ранний отправлен {0}.</numerusform>
        </translation>
    </message>
    <message>
        <source>Their copies stay on this console: ask the PACS administrator about Storage Commitment.</source>
        <translation>Копии остаются на этой станции: спросите администратора PACS о Storage Commitment.</translation>
    </message>
    <message>
        <source>Send them now</source>
        <translation>Отправить их</translation>
    </message>
    <message>
        <source>Leave them here</source>
        <translation>Оставить здесь</translation>
    </message>
    <message numerus="yes">
        <source>%n accepted film(s) never sent: no destination was in force when they were decided.</source>
        <translation>
            <numerusform>%n принятый снимок не отправлен: когда по нему приняли решение, получатель не был задан.</numerusform>
            <numerusform>%n принятых снимка не отправлены: когда по ним приняли решение, получатель не был задан.</numerusform>
            <numerusform>%n принятых снимков не отправлены: когда по ним приняли решение, получатель не был задан.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CriterionCard</name>
    <message>
        <source>warns from {0}</source>
        <translation>порог {0}</translation>
    </message>
</context>
<context>
    <name>DecisionPanel</name>
    <message>
        <source>Send</source>
        <translation>Отправить</translation>
    </message>
    <message>
        <source>Keep with note</source>
        <translation>С пометкой</translation>
    </message>
    <message>
        <source>Sends the film; your note stays with the decision</source>
        <translation>Снимок уходит, пометка остаётся при решении</translation>
    </message>
    <message>
        <source>Retake</source>
        <translation>Переснять</translation>
    </message>
</context>
<context>
    <name>DecisionStrip</name>
    <message>
        <source>Not decided yet</source>
        <translation>Решения пока нет</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Отменить</translation>
    </message>
    <message numerus="yes">
        <source>No warnings: leaves in %n s</source>
        <translation>
            <numerusform>Замечаний нет: уйдёт через %n с</numerusform>
            <numerusform>Замечаний нет: уйдёт через %n с</numerusform>
            <numerusform>Замечаний нет: уйдёт через %n с</numerusform>
        </translation>
    </message>
    <message>
        <source>Any key or click stops it.</source>
        <translation>Отмена — любая клавиша или щелчок.</translation>
    </message>
    <message>
        <source>Reading the film …</source>
        <translation>Снимок загружается …</translation>
    </message>
    <message>
        <source>It can be decided once it is shown.</source>
        <translation>Решение — когда снимок появится.</translation>
    </message>
    <message>
        <source>Accepted</source>
        <translation>Принят</translation>
    </message>
    <message>
        <source>Accepted with note</source>
        <translation>Принят с пометкой</translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation>Забракован</translation>
    </message>
    <message numerus="yes">
        <source>Leaves in %n s</source>
        <translation>
            <numerusform>Уйдёт через %n с</numerusform>
            <numerusform>Уйдёт через %n с</numerusform>
            <numerusform>Уйдёт через %n с</numerusform>
        </translation>
    </message>
    <message>
        <source>Look at it, then decide.</source>
        <translation>Сначала посмотрите на него.</translation>
    </message>
    <message>
        <source>A new film</source>
        <translation>Новый снимок</translation>
    </message>
    <message>
        <source>Saved: {0}</source>
        <translation>Сохранено: {0}</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>принят</translation>
    </message>
    <message>
        <source>with note</source>
        <translation>с пометкой</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>забракован</translation>
    </message>
    <message>
        <source>Previous film: {0}</source>
        <translation>Предыдущий снимок: {0}</translation>
    </message>
    <message>
        <source>Previous: {0}</source>
        <translation>Предыдущий: {0}</translation>
    </message>
</context>
<context>
    <name>DestinationsEditor</name>
    <message>
        <source>Destinations</source>
        <translation>Получатели</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Добавить</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Копировать</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Удалить</translation>
    </message>
    <message>
        <source>Without a destination nothing is sent: films stay on this console.</source>
        <translation>Без получателя ничего не отправляется: снимки остаются на этой станции.</translation>
    </message>
    <message>
        <source>This must be filled in.</source>
        <translation>Это поле нужно заполнить.</translation>
    </message>
    <message>
        <source>Another destination has this name.</source>
        <translation>Так уже называется другой получатель.</translation>
    </message>
    <message>
        <source>new</source>
        <translation>новый</translation>
    </message>
</context>
<context>
    <name>EmptyStage</name>
    <message>
        <source>No film yet</source>
        <translation>Снимков пока нет</translation>
    </message>
    <message>
        <source>Drop DICOM files or folders here, or let them come by network or from a watched folder.</source>
        <translation>Перетащите сюда файлы DICOM или папки — или пусть снимки приходят по сети или из отслеживаемой папки.</translation>
    </message>
    <message>
        <source>Open …  Ctrl+O</source>
        <translation>Открыть …  Ctrl+O</translation>
    </message>
    <message>
        <source>Show the demo study</source>
        <translation>Показать пример</translation>
    </message>
    <message numerus="yes">
        <source>%n folder(s) watched</source>
        <translation>
            <numerusform>отслеживается %n папка</numerusform>
            <numerusform>отслеживаются %n папки</numerusform>
            <numerusform>отслеживается %n папок</numerusform>
        </translation>
    </message>
    <message>
        <source>Watch a folder …</source>
        <translation>Отслеживать папку …</translation>
    </message>
</context>
<context>
    <name>ErrorDialog</name>
    <message>
        <source>A mistake in the program</source>
        <translation>Ошибка в программе</translation>
    </message>
    <message>
        <source>Something went wrong inside the program.</source>
        <translation>Внутри программы произошла ошибка.</translation>
    </message>
    <message>
        <source>Films and decisions are stored; go on working. Please pass this report to the support desk: it holds no patient data.</source>
        <translation>Снимки и решения сохранены, можно работать дальше. Передайте этот отчёт в службу поддержки: данных пациентов в нём нет.</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Отчёт</translation>
    </message>
    <message>
        <source>Copy the report</source>
        <translation>Скопировать отчёт</translation>
    </message>
    <message>
        <source>Go on working</source>
        <translation>Продолжить работу</translation>
    </message>
</context>
<context>
    <name>Errors</name>
    <message>
        <source>Something went wrong inside the program.</source>
        <translation>Внутри программы произошла ошибка.</translation>
    </message>
    <message>
        <source>Go on working. The log in the data folder tells the support desk more.</source>
        <translation>Можно работать дальше. Подробности для службы поддержки — в журнале в папке данных.</translation>
    </message>
    <message>
        <source>Send or export the film again.</source>
        <translation>Отправьте или выгрузите снимок ещё раз.</translation>
    </message>
    <message>
        <source>Reinstall the program, or choose another cascade folder in Settings.</source>
        <translation>Переустановите программу или выберите другую папку каскада в настройках.</translation>
    </message>
    <message>
        <source>The file does not exist.</source>
        <translation>Файла нет.</translation>
    </message>
    <message>
        <source>Check whether it was moved.</source>
        <translation>Проверьте, не перемещён ли он.</translation>
    </message>
    <message>
        <source>The file may not be read by this user.</source>
        <translation>У этого пользователя нет права читать файл.</translation>
    </message>
    <message>
        <source>Ask for read permission on the file and its folder.</source>
        <translation>Попросите открыть доступ на чтение файла и его папки.</translation>
    </message>
    <message>
        <source>This is not a file.</source>
        <translation>Это не файл.</translation>
    </message>
    <message>
        <source>Open the folder as a whole.</source>
        <translation>Откройте папку целиком.</translation>
    </message>
    <message>
        <source>The file could not be read from its disk or share.</source>
        <translation>Файл не читается с диска или сетевой папки.</translation>
    </message>
    <message>
        <source>Check the drive or the network and open it again.</source>
        <translation>Проверьте диск или сеть и откройте файл снова.</translation>
    </message>
    <message>
        <source>The file is empty.</source>
        <translation>Файл пуст.</translation>
    </message>
    <message>
        <source>Neither DICOM nor a PNG, JPEG or TIFF image.</source>
        <translation>Не DICOM и не изображение PNG, JPEG или TIFF.</translation>
    </message>
    <message>
        <source>Choose a radiograph in one of these formats.</source>
        <translation>Выберите рентгенограмму в одном из этих форматов.</translation>
    </message>
    <message>
        <source>Not a projection radiograph.</source>
        <translation>Это не рентгенограмма.</translation>
    </message>
    <message>
        <source>Choose a CR, DX or secondary capture image.</source>
        <translation>Выберите снимок CR, DX или Secondary Capture.</translation>
    </message>
    <message>
        <source>The file holds no image.</source>
        <translation>В файле нет изображения.</translation>
    </message>
    <message>
        <source>The file is cut off: the transfer stopped early.</source>
        <translation>Файл обрезан: передача прервалась.</translation>
    </message>
    <message>
        <source>Copy or send the film again.</source>
        <translation>Скопируйте или отправьте снимок ещё раз.</translation>
    </message>
    <message>
        <source>The image is too large.</source>
        <translation>Изображение слишком велико.</translation>
    </message>
    <message>
        <source>Export the film at the detector&apos;s own resolution.</source>
        <translation>Выгрузите снимок в разрешении детектора.</translation>
    </message>
    <message>
        <source>Header and image data disagree.</source>
        <translation>Заголовок и изображение не согласуются.</translation>
    </message>
    <message>
        <source>The file uses an encoding this program does not read.</source>
        <translation>Эту кодировку программа не читает.</translation>
    </message>
    <message>
        <source>Export the film uncompressed (Explicit VR Little Endian).</source>
        <translation>Выгрузите снимок без сжатия (Explicit VR Little Endian).</translation>
    </message>
    <message>
        <source>The file is damaged and cannot be decoded.</source>
        <translation>Файл повреждён и не декодируется.</translation>
    </message>
    <message>
        <source>The models are missing or incomplete.</source>
        <translation>Модели отсутствуют или неполны.</translation>
    </message>
    <message>
        <source>The cascade&apos;s description is faulty.</source>
        <translation>Описание каскада ошибочно.</translation>
    </message>
    <message>
        <source>A model of the cascade is not the one its description names.</source>
        <translation>Модель каскада не та, что указана в описании.</translation>
    </message>
    <message>
        <source>A model of the cascade does not run.</source>
        <translation>Модель каскада не запускается.</translation>
    </message>
    <message>
        <source>The film carries burnt-in text, which may name the patient.</source>
        <translation>На снимке есть впечатанный текст: он может называть пациента.</translation>
    </message>
    <message>
        <source>Free some space on the disk of the data folder, then try again.</source>
        <translation>Освободите место на диске с папкой данных и повторите.</translation>
    </message>
    <message>
        <source>Make the data folder writable.</source>
        <translation>Разрешите запись в папку данных.</translation>
    </message>
    <message>
        <source>The disk is full.</source>
        <translation>Диск заполнен.</translation>
    </message>
    <message>
        <source>The data folder cannot be written.</source>
        <translation>В папку данных нельзя писать.</translation>
    </message>
    <message>
        <source>The film could not be stored.</source>
        <translation>Снимок не удалось сохранить.</translation>
    </message>
    <message>
        <source>Another program holds the database.</source>
        <translation>База данных занята другой программой.</translation>
    </message>
    <message>
        <source>Close it, then try again.</source>
        <translation>Закройте её и повторите.</translation>
    </message>
    <message>
        <source>The disk failed while writing.</source>
        <translation>Сбой диска при записи.</translation>
    </message>
    <message>
        <source>Have the disk of the data folder checked.</source>
        <translation>Поручите проверить диск с папкой данных.</translation>
    </message>
    <message>
        <source>The database is damaged.</source>
        <translation>База данных повреждена.</translation>
    </message>
    <message>
        <source>Restart the program: it sets the damaged file aside and begins a fresh one.</source>
        <translation>Перезапустите программу: она отложит повреждённый файл и начнёт новый.</translation>
    </message>
    <message>
        <source>The database was damaged and was set aside.</source>
        <translation>База данных была повреждена и отложена.</translation>
    </message>
    <message>
        <source>A fresh one was begun; keep the old one for the support desk.</source>
        <translation>Начата новая; старую сохраните для службы поддержки.</translation>
    </message>
    <message>
        <source>The file is still being written.</source>
        <translation>Файл ещё записывается.</translation>
    </message>
    <message>
        <source>Wait until it is complete and open it again.</source>
        <translation>Дождитесь конца записи и откройте снова.</translation>
    </message>
    <message>
        <source>The file could not be written.</source>
        <translation>Файл не удалось записать.</translation>
    </message>
    <message>
        <source>Make room, choose another folder, or close the program that has the file open.</source>
        <translation>Освободите место, выберите другую папку или закройте программу, в которой открыт этот файл.</translation>
    </message>
    <message>
        <source>The settings could not be written.</source>
        <translation>Настройки не удалось сохранить.</translation>
    </message>
    <message>
        <source>Free some space or make the folder writable; the settings in force stay.</source>
        <translation>Освободите место или разрешите запись; действующие настройки остаются.</translation>
    </message>
    <message>
        <source>Nothing to do: the film is sent again by itself.</source>
        <translation>Делать ничего не нужно: снимок отправится сам.</translation>
    </message>
    <message>
        <source>Ask the PACS administrator.</source>
        <translation>Обратитесь к администратору PACS.</translation>
    </message>
    <message>
        <source>Ask the PACS administrator with that number.</source>
        <translation>Обратитесь к администратору PACS и назовите этот код.</translation>
    </message>
    <message>
        <source>Check the address in Settings and the network.</source>
        <translation>Проверьте адрес в настройках и сеть.</translation>
    </message>
    <message>
        <source>The settings of this destination hold a mistake.</source>
        <translation>В настройках этого получателя ошибка.</translation>
    </message>
    <message>
        <source>Correct them: films for it wait, and go once they are right and the program has started anew.</source>
        <translation>Исправьте их: снимки для него ждут и уйдут, когда настройки станут верными и программа будет запущена заново.</translation>
    </message>
    <message>
        <source>The host name is not known.</source>
        <translation>Имя узла неизвестно.</translation>
    </message>
    <message>
        <source>Check the port, and whether its DICOM service is running.</source>
        <translation>Проверьте порт и работает ли там служба DICOM.</translation>
    </message>
    <message>
        <source>Something answers there, but not in DICOM.</source>
        <translation>По этому адресу отвечают, но не по DICOM.</translation>
    </message>
    <message>
        <source>The connection broke off while sending.</source>
        <translation>Связь оборвалась при отправке.</translation>
    </message>
    <message>
        <source>Check the film at the peer; take it off the queue if it is there.</source>
        <translation>Проверьте снимок на узле; если он там, снимите его с очереди.</translation>
    </message>
    <message>
        <source>The stored film cannot be sent.</source>
        <translation>Сохранённый снимок нельзя отправить.</translation>
    </message>
    <message>
        <source>Send the film from the modality again.</source>
        <translation>Отправьте снимок с аппарата ещё раз.</translation>
    </message>
    <message>
        <source>The film cannot be made ready for sending now.</source>
        <translation>Сейчас снимок не удаётся подготовить к отправке.</translation>
    </message>
    <message>
        <source>Check the disks and the memory of this computer; the film is tried again by itself.</source>
        <translation>Проверьте диски и память этого компьютера; снимок отправится сам.</translation>
    </message>
    <message>
        <source>A certificate or key file cannot be used.</source>
        <translation>Файл сертификата или ключа непригоден.</translation>
    </message>
    <message>
        <source>Check the TLS files in the settings file.</source>
        <translation>Проверьте файлы TLS, указанные в файле настроек.</translation>
    </message>
    <message>
        <source>A certificate of this console ends soon or has ended.</source>
        <translation>Срок сертификата этой станции истекает или истёк.</translation>
    </message>
    <message>
        <source>Have a new one made and name it in the settings.</source>
        <translation>Выпустите новый сертификат и укажите его в настройках.</translation>
    </message>
    <message>
        <source>Check the file of trusted authorities.</source>
        <translation>Проверьте файл доверенных центров.</translation>
    </message>
    <message>
        <source>Check the clock of this computer, then ask the PACS administrator.</source>
        <translation>Проверьте часы компьютера, затем обратитесь к администратору PACS.</translation>
    </message>
    <message>
        <source>Enter the host name that stands in the certificate.</source>
        <translation>Введите имя узла, указанное в сертификате.</translation>
    </message>
    <message>
        <source>Check the port, or switch TLS off.</source>
        <translation>Проверьте порт или отключите TLS.</translation>
    </message>
    <message>
        <source>Another program uses the listener&apos;s port.</source>
        <translation>Порт приёма занят другой программой.</translation>
    </message>
    <message>
        <source>Stop that program, or set another port in Settings.</source>
        <translation>Закройте ту программу или задайте в настройках другой порт.</translation>
    </message>
    <message>
        <source>The listener cannot use this address and port.</source>
        <translation>Приём по этому адресу и порту невозможен.</translation>
    </message>
    <message>
        <source>Check both in Settings; ports below 1024 need special rights.</source>
        <translation>Проверьте их в настройках; для портов ниже 1024 нужны особые права.</translation>
    </message>
    <message>
        <source>The listener&apos;s list of allowed hosts is wrong.</source>
        <translation>Ошибка в списке разрешённых узлов приёма.</translation>
    </message>
    <message>
        <source>Give IP addresses or networks in Settings.</source>
        <translation>Укажите в настройках IP-адреса или сети.</translation>
    </message>
    <message>
        <source>Install the newer program again, or choose another data folder.</source>
        <translation>Установите более новую версию или выберите другую папку данных.</translation>
    </message>
    <message>
        <source>Tell the support desk; the log says more.</source>
        <translation>Сообщите в поддержку; подробности в журнале.</translation>
    </message>
    <message>
        <source>Correct the place named, or remove it to get the default.</source>
        <translation>Исправьте указанное место или удалите его: вернётся значение по умолчанию.</translation>
    </message>
    <message>
        <source>Correct the file, or restore the one that came with the program.</source>
        <translation>Исправьте файл или верните тот, что пришёл с программой.</translation>
    </message>
    <message>
        <source>Run the calibration again, or remove the site&apos;s file.</source>
        <translation>Повторите калибровку или удалите файл местных порогов.</translation>
    </message>
    <message>
        <source>The reject note has left; there is no message that takes it back.</source>
        <translation>Отметка о браке уже ушла; сообщения, которое бы её отменило, не существует.</translation>
    </message>
    <message>
        <source>Ask the PACS administrator to remove it from the archive.</source>
        <translation>Попросите администратора PACS удалить её в архиве.</translation>
    </message>
    <message>
        <source>The film has left; it cannot be called back from here.</source>
        <translation>Снимок уже ушёл; отозвать его отсюда нельзя.</translation>
    </message>
    <message>
        <source>If it must not be read, ask the PACS administrator to reject it in the archive.</source>
        <translation>Если его не следует описывать, попросите администратора PACS забраковать его в архиве.</translation>
    </message>
    <message>
        <source>The settings were written by a newer version of the program.</source>
        <translation>Настройки записаны более новой версией программы.</translation>
    </message>
    <message>
        <source>A file of this name exists already.</source>
        <translation>Файл с таким именем уже есть.</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>Выберите другое имя.</translation>
    </message>
    <message>
        <source>The profile was not found.</source>
        <translation>Такого профиля нет.</translation>
    </message>
    <message>
        <source>Name a profile that was exported.</source>
        <translation>Укажите профиль, записанный программой.</translation>
    </message>
    <message>
        <source>The films on this console fill the space set for them: no film can be received.</source>
        <translation>Снимки заняли всё отведённое им место: приём по сети закрыт.</translation>
    </message>
    <message>
        <source>Send the waiting films and wait for storage commitment, set how long rejected films stay, or allow more space in Settings.</source>
        <translation>Отправьте ожидающие снимки и дождитесь подтверждения хранения, задайте срок хранения брака или увеличьте место в настройках.</translation>
    </message>
    <message>
        <source>The database was written by a newer version of the program.</source>
        <translation>База данных записана более новой версией программы.</translation>
    </message>
    <message>
        <source>The database belongs to another program.</source>
        <translation>База данных принадлежит другой программе.</translation>
    </message>
    <message>
        <source>Choose another data folder.</source>
        <translation>Выберите другую папку данных.</translation>
    </message>
    <message>
        <source>The database could not be copied before its update.</source>
        <translation>Не удалось сделать копию базы данных перед обновлением.</translation>
    </message>
    <message>
        <source>The database could not be updated; it is as it was before.</source>
        <translation>Базу данных не удалось обновить; она осталась прежней.</translation>
    </message>
    <message>
        <source>The program is already running with this data folder.</source>
        <translation>Программа уже запущена с этой папкой данных.</translation>
    </message>
    <message>
        <source>Use the window that is open, or close it first.</source>
        <translation>Работайте в открытом окне или сначала закройте его.</translation>
    </message>
    <message>
        <source>A service (`cxr-workstation receive`) works in this data folder, without a window.</source>
        <translation>С этой папкой данных работает служба (`cxr-workstation receive`), без окна.</translation>
    </message>
    <message>
        <source>Stop that service first.</source>
        <translation>Сначала остановите эту службу.</translation>
    </message>
    <message>
        <source>A model does not fit the description of the cascade.</source>
        <translation>Модель не соответствует описанию каскада.</translation>
    </message>
    <message>
        <source>ONNX Runtime, which runs the models, cannot be loaded.</source>
        <translation>Не загружается ONNX Runtime, который выполняет модели.</translation>
    </message>
    <message>
        <source>The worklist refuses the query.</source>
        <translation>Рабочий список отклоняет запрос.</translation>
    </message>
    <message>
        <source>A text file of the program is broken.</source>
        <translation>Повреждён текстовый файл программы.</translation>
    </message>
    <message>
        <source>The site&apos;s own reject reasons hold a mistake.</source>
        <translation>В файле своих причин брака ошибка.</translation>
    </message>
    <message>
        <source>Correct the file, or remove it to have the shipped reasons alone.</source>
        <translation>Исправьте файл или уберите его: останутся причины из программы.</translation>
    </message>
    <message>
        <source>Ask the administrator of the information system with that number.</source>
        <translation>Обратитесь к администратору информационной системы и назовите этот код.</translation>
    </message>
    <message>
        <source>This film came again; it was decided before, and nothing is sent a second time.</source>
        <translation>Снимок пришёл снова; решение по нему уже есть, второй раз ничего не отправляется.</translation>
    </message>
    <message>
        <source>Choose it in the list to see what was decided.</source>
        <translation>Выберите его в списке, чтобы увидеть решение.</translation>
    </message>
    <message>
        <source>Films lay in the data folder without a record of them, and wait for a decision.</source>
        <translation>В папке данных лежали снимки, о которых нет записей; они ждут решения.</translation>
    </message>
    <message>
        <source>Where an older copy of the database was put back, they may have been sent or rejected already: look at each.</source>
        <translation>Если базу данных вернули из старой копии, они, возможно, уже отправлены или забракованы: посмотрите каждый.</translation>
    </message>
    <message>
        <source>This file is no profile: it names no setting.</source>
        <translation>Это не профиль: в файле нет ни одной настройки.</translation>
    </message>
    <message>
        <source>The file of the site&apos;s own reject reasons is not UTF-8 text.</source>
        <translation>Файл своих причин брака — не текст в кодировке UTF-8.</translation>
    </message>
    <message>
        <source>Save it as UTF-8.</source>
        <translation>Сохраните его в кодировке UTF-8.</translation>
    </message>
    <message>
        <source>The settings file is not UTF-8 text.</source>
        <translation>Файл настроек — не текст в кодировке UTF-8.</translation>
    </message>
    <message>
        <source>Save it as UTF-8, or remove it to begin anew.</source>
        <translation>Сохраните его в кодировке UTF-8 или удалите, чтобы начать заново.</translation>
    </message>
    <message>
        <source>The settings file cannot be understood.</source>
        <translation>Файл настроек не удаётся разобрать.</translation>
    </message>
    <message>
        <source>The settings file cannot be read.</source>
        <translation>Файл настроек не читается.</translation>
    </message>
    <message>
        <source>Make the file readable.</source>
        <translation>Откройте доступ на чтение.</translation>
    </message>
    <message>
        <source>The settings file holds a value that cannot be used.</source>
        <translation>В файле настроек негодное значение.</translation>
    </message>
    <message>
        <source>The site&apos;s own calibration cannot be used, so films are not analysed.</source>
        <translation>Местные пороги применить нельзя, поэтому снимки не анализируются.</translation>
    </message>
    <message>
        <source>The site&apos;s own calibration was made for another cascade, so films are not analysed.</source>
        <translation>Местные пороги сделаны для другого каскада, поэтому снимки не анализируются.</translation>
    </message>
    <message>
        <source>A device was refused: it calls this console by another AE title.</source>
        <translation>Аппарату отказано: он вызывает эту станцию другим AE-заголовком.</translation>
    </message>
    <message>
        <source>Set the AE title of this console at the modality.</source>
        <translation>Укажите на аппарате AE-заголовок этой станции.</translation>
    </message>
    <message>
        <source>A device was refused: its AE title is not on the list of allowed titles.</source>
        <translation>Аппарату отказано: его AE-заголовка нет в списке разрешённых.</translation>
    </message>
    <message>
        <source>If it is a modality of yours, add its AE title in Settings.</source>
        <translation>Если это ваш аппарат, добавьте его AE-заголовок в настройках.</translation>
    </message>
    <message>
        <source>A device was refused: its address is not on the list of allowed hosts.</source>
        <translation>Аппарату отказано: его адреса нет в списке разрешённых.</translation>
    </message>
    <message>
        <source>If it is a modality of yours, add it to the allowed hosts in Settings.</source>
        <translation>Если это ваш аппарат, добавьте его адрес в настройках.</translation>
    </message>
    <message>
        <source>A device was refused: too many connections are open.</source>
        <translation>Аппарату отказано: открыто слишком много соединений.</translation>
    </message>
    <message>
        <source>It will try again; if this goes on, look for a device that opens connections without end.</source>
        <translation>Он попробует снова; если это повторяется, найдите аппарат, который без конца открывает соединения.</translation>
    </message>
    <message>
        <source>A device offered what this console does not take.</source>
        <translation>Аппарат предложил то, чего эта станция не принимает.</translation>
    </message>
    <message>
        <source>Send chest radiographs here (CR, DX, secondary capture), the rest to the archive.</source>
        <translation>Направляйте сюда рентгенограммы грудной клетки (CR, DX, Secondary Capture), остальное — в архив.</translation>
    </message>
    <message>
        <source>A device was refused: the encrypted connection did not come about.</source>
        <translation>Аппарату отказано: шифрованное соединение не установлено.</translation>
    </message>
    <message>
        <source>Check the certificates and the TLS settings on both sides.</source>
        <translation>Проверьте сертификаты и настройки TLS с обеих сторон.</translation>
    </message>
    <message>
        <source>The film goes all the same; tell the support desk, the log says more.</source>
        <translation>Сам снимок уходит как обычно; сообщите в поддержку, подробности в журнале.</translation>
    </message>
    <message>
        <source>The reject note of this film could not be made.</source>
        <translation>Не удалось создать отметку о браке этого снимка.</translation>
    </message>
    <message>
        <source>The decision stands; tell the PACS administrator if the archive waits for a note.</source>
        <translation>Решение остаётся в силе; если архив ждёт отметку, сообщите администратору PACS.</translation>
    </message>
    <message>
        <source>The report of this film&apos;s quality could not be made.</source>
        <translation>Не удалось создать отчёт о качестве этого снимка.</translation>
    </message>
    <message>
        <source>The annotated copy of this film could not be made.</source>
        <translation>Не удалось создать копию этого снимка с разметкой.</translation>
    </message>
    <message>
        <source>The film goes all the same; open it, and send it again from the modality if it is not shown.</source>
        <translation>Сам снимок уходит как обычно; откройте его и, если он не показывается, отправьте с аппарата ещё раз.</translation>
    </message>
    <message>
        <source>The graphics of this film&apos;s findings could not be made.</source>
        <translation>Не удалось создать графику замечаний этого снимка.</translation>
    </message>
    <message>
        <source>The turn that you chose for this film could not be made.</source>
        <translation>Не удалось передать поворот, выбранный для этого снимка.</translation>
    </message>
    <message>
        <source>The film goes as the detector gave it; turn it in the PACS, or tell whoever reads it.</source>
        <translation>Снимок уходит таким, каким его дал детектор; поверните его в PACS или предупредите того, кто его описывает.</translation>
    </message>
    <message>
        <source>Ask whoever manages the operators.</source>
        <translation>Обратитесь к администратору.</translation>
    </message>
    <message>
        <source>The PIN is wrong.</source>
        <translation>Неверный ПИН-код.</translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation>Попробуйте ещё раз.</translation>
    </message>
    <message>
        <source>Too many wrong PINs.</source>
        <translation>Слишком много неверных ПИН-кодов.</translation>
    </message>
    <message>
        <source>Wait a little, or ask whoever manages the operators for a new PIN.</source>
        <translation>Подождите немного или попросите администратора задать новый ПИН-код.</translation>
    </message>
    <message>
        <source>This name may not sign in here.</source>
        <translation>Этому сотруднику вход закрыт.</translation>
    </message>
    <message>
        <source>No PIN is set for this name.</source>
        <translation>Для этого сотрудника ПИН-код не задан.</translation>
    </message>
    <message>
        <source>Nobody is signed in.</source>
        <translation>Никто не вошёл.</translation>
    </message>
    <message>
        <source>Sign in to decide.</source>
        <translation>Войдите, чтобы принимать решения.</translation>
    </message>
    <message>
        <source>This name cannot be used.</source>
        <translation>Такое имя не подходит.</translation>
    </message>
    <message>
        <source>Give 1 to 64 characters, no bracket first.</source>
        <translation>От 1 до 64 символов, не начинать со скобки.</translation>
    </message>
    <message>
        <source>There is an operator of this name.</source>
        <translation>Сотрудник с таким именем уже есть.</translation>
    </message>
    <message>
        <source>Choose another, or enable that one again.</source>
        <translation>Выберите другое имя или снова включите прежнего.</translation>
    </message>
    <message>
        <source>There is no operator of this name.</source>
        <translation>Сотрудника с таким именем нет.</translation>
    </message>
    <message>
        <source>This is not a valid PIN.</source>
        <translation>Такой ПИН-код не подходит.</translation>
    </message>
    <message>
        <source>Give 4 to 12 digits.</source>
        <translation>Нужно от 4 до 12 цифр.</translation>
    </message>
    <message>
        <source>Nobody would be left to manage the operators.</source>
        <translation>Не останется никого, кто может вести список сотрудников.</translation>
    </message>
    <message>
        <source>Make somebody else admin first.</source>
        <translation>Сначала назначьте администратором кого-нибудь ещё.</translation>
    </message>
    <message>
        <source>The connection broke off before the peer answered.</source>
        <translation>Соединение прервалось, прежде чем узел ответил.</translation>
    </message>
    <message>
        <source>Nothing to do: the peer is asked again.</source>
        <translation>Ничего делать не нужно: запрос будет повторён.</translation>
    </message>
    <message>
        <source>Test again; if it happens again, check the network.</source>
        <translation>Повторите проверку; если это случится снова, проверьте сеть.</translation>
    </message>
    <message>
        <source>The peer answers the test with a failure.</source>
        <translation>Узел отвечает на проверку ошибкой.</translation>
    </message>
    <message>
        <source>The copy of this film was removed from this console after its time.</source>
        <translation>Копия этого снимка удалена с этой станции по истечении срока хранения.</translation>
    </message>
    <message>
        <source>Send the film from the modality again if it is wanted after all.</source>
        <translation>Если снимок всё же нужен, отправьте его с аппарата ещё раз.</translation>
    </message>
    <message>
        <source>The analysis takes too long; it was given up.</source>
        <translation>Анализ длится слишком долго, он прекращён.</translation>
    </message>
    <message>
        <source>Look at the film yourself. If it happens again, restart the program and tell the support desk.</source>
        <translation>Посмотрите на снимок сами. Если повторится, перезапустите программу и сообщите в службу поддержки.</translation>
    </message>
    <message>
        <source>No films in this folder.</source>
        <translation>В этой папке нет снимков.</translation>
    </message>
    <message>
        <source>Choose a folder with DICOM, PNG, JPEG or TIFF files.</source>
        <translation>Выберите папку с файлами DICOM, PNG, JPEG или TIFF.</translation>
    </message>
    <message>
        <source>Choose to blank the four corners (on the command line --blank-corners, or --blank for other parts).</source>
        <translation>Выберите «закрасить четыре угла» (в командной строке — --blank-corners или --blank для других мест).</translation>
    </message>
    <message>
        <source>Another film here has the same identity: the archive could take this as said of that one.</source>
        <translation>Здесь есть другой снимок с тем же номером: архив может отнести это к нему.</translation>
    </message>
    <message>
        <source>Take it off the queue, and tell the PACS administrator which of the two is to be read.</source>
        <translation>Снимите с очереди и сообщите администратору PACS, какой из двух снимков читать.</translation>
    </message>
    <message>
        <source>No connection to the peer.</source>
        <translation>Нет связи с узлом.</translation>
    </message>
    <message>
        <source>Peer and console do not agree on TLS.</source>
        <translation>Узел и станция не договорились о TLS.</translation>
    </message>
    <message>
        <source>The peer refuses connections.</source>
        <translation>Узел не принимает соединения.</translation>
    </message>
    <message>
        <source>There is no route to the peer.</source>
        <translation>Нет маршрута к узлу.</translation>
    </message>
    <message>
        <source>The peer does not answer.</source>
        <translation>Узел не отвечает.</translation>
    </message>
    <message>
        <source>The peer rejected the association.</source>
        <translation>Узел отклонил соединение.</translation>
    </message>
    <message>
        <source>The peer has another AE title.</source>
        <translation>У узла другой AE-заголовок.</translation>
    </message>
    <message>
        <source>Check the AE title of the peer in Settings.</source>
        <translation>Проверьте AE-заголовок узла в настройках.</translation>
    </message>
    <message>
        <source>The peer does not know this console&apos;s AE title.</source>
        <translation>Узел не знает AE-заголовка этой станции.</translation>
    </message>
    <message>
        <source>The peer is busy.</source>
        <translation>Узел занят.</translation>
    </message>
    <message>
        <source>The peer does not take this kind of film.</source>
        <translation>Узел не принимает снимки такого вида.</translation>
    </message>
    <message>
        <source>The peer is out of disk space.</source>
        <translation>На узле кончилось место.</translation>
    </message>
    <message>
        <source>The peer failed while storing the film.</source>
        <translation>Узел не смог сохранить снимок.</translation>
    </message>
    <message>
        <source>The peer does not let this console store films.</source>
        <translation>Узел не разрешает этой станции сохранять снимки.</translation>
    </message>
    <message>
        <source>The peer says that it has this film already.</source>
        <translation>Узел сообщает, что такой снимок уже есть.</translation>
    </message>
    <message>
        <source>The peer refuses this film.</source>
        <translation>Узел не принимает этот снимок.</translation>
    </message>
    <message>
        <source>The peer&apos;s certificate is not signed by an authority trusted here.</source>
        <translation>Сертификат узла подписан центром, которому здесь не доверяют.</translation>
    </message>
    <message>
        <source>The peer&apos;s certificate is not valid today.</source>
        <translation>Срок действия сертификата узла не подходит к сегодняшней дате.</translation>
    </message>
    <message>
        <source>The peer&apos;s certificate is made out to another host.</source>
        <translation>Сертификат узла выдан на другое имя.</translation>
    </message>
    <message>
        <source>The peer refuses this console&apos;s certificate.</source>
        <translation>Узел не принимает сертификат этой станции.</translation>
    </message>
    <message>
        <source>The peer does not speak TLS on this port.</source>
        <translation>На этом порту узел не использует TLS.</translation>
    </message>
    <message>
        <source>The peer did not take over the safekeeping of the film.</source>
        <translation>Узел не взял снимок на хранение.</translation>
    </message>
    <message>
        <source>This destination is no longer in the settings.</source>
        <translation>Этого получателя больше нет в настройках.</translation>
    </message>
    <message>
        <source>Move it with `cxr-workstation queue move ID DESTINATION`, or take it off the queue.</source>
        <translation>Передайте другому: `cxr-workstation queue move ID ПОЛУЧАТЕЛЬ`, или снимите с очереди.</translation>
    </message>
    <message>
        <source>The settings file holds a mistake: nothing was written.</source>
        <translation>В файле настроек ошибка: ничего не записано.</translation>
    </message>
    <message>
        <source>Correct the file first, or save from the window of all settings.</source>
        <translation>Сначала исправьте файл или сохраните настройки в окне «Настройки».</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>with name, number and time (patient data)</source>
        <translation>с ФИО, номером и временем (данные пациента)</translation>
    </message>
    <message>
        <source>Export the film</source>
        <translation>Экспорт снимка</translation>
    </message>
    <message>
        <source>Picture (PNG) with what was found, its date and the cascade</source>
        <translation>Изображение (PNG): замечания, дата и версия каскада</translation>
    </message>
    <message>
        <source>Film (DICOM), de-identified: new UIDs, no name, number or date</source>
        <translation>Обезличенный снимок (DICOM): новые UID, без ФИО, номера и дат</translation>
    </message>
    <message>
        <source>blank the four corners, where films bear text</source>
        <translation>закрасить четыре угла, где бывает текст</translation>
    </message>
    <message>
        <source>Unless patient data are asked for, nothing in the file points to the patient.</source>
        <translation>Если данные пациента не выбраны, в файле на него ничто не указывает.</translation>
    </message>
    <message>
        <source>This film says that text is burnt into it: look at the copy before you pass it on.</source>
        <translation>В пиксели этого снимка впечатан текст: посмотрите копию, прежде чем передавать её.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Отмена</translation>
    </message>
    <message>
        <source>Save as …</source>
        <translation>Сохранить как …</translation>
    </message>
</context>
<context>
    <name>Exporter</name>
    <message>
        <source>Save the film</source>
        <translation>Сохранить снимок</translation>
    </message>
    <message>
        <source>Save the picture</source>
        <translation>Сохранить изображение</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Экспорт</translation>
    </message>
</context>
<context>
    <name>FilmActions</name>
    <message>
        <source>Fit</source>
        <translation>Вписать</translation>
    </message>
    <message>
        <source>Whole film; again: the collimated field (double click)</source>
        <translation>Снимок целиком, ещё раз — поле внутри шторок (двойной щелчок)</translation>
    </message>
    <message>
        <source>1:1</source>
        <translation>1:1</translation>
    </message>
    <message>
        <source>One film pixel on one screen pixel</source>
        <translation>Один пиксель снимка — один пиксель экрана</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>Крупнее</translation>
    </message>
    <message>
        <source>Zoom in (wheel)</source>
        <translation>Крупнее (колесо)</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>Мельче</translation>
    </message>
    <message>
        <source>Zoom out (wheel)</source>
        <translation>Мельче (колесо)</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Окно</translation>
    </message>
    <message>
        <source>Left button sets brightness (up, down) and contrast (left, right); otherwise it moves the film</source>
        <translation>Левая кнопка меняет яркость (вверх, вниз) и контраст (влево, вправо); иначе двигает снимок</translation>
    </message>
    <message>
        <source>Next window</source>
        <translation>Следующее окно</translation>
    </message>
    <message>
        <source>The next of the windows that the file offers, then automatic ones</source>
        <translation>Следующее из окон файла, затем автоматические</translation>
    </message>
    <message>
        <source>Invert</source>
        <translation>Инверсия</translation>
    </message>
    <message>
        <source>Exchange black and white</source>
        <translation>Поменять чёрное и белое</translation>
    </message>
    <message>
        <source>Rotate</source>
        <translation>Повернуть</translation>
    </message>
    <message>
        <source>Mirror</source>
        <translation>Отразить</translation>
    </message>
    <message>
        <source>Turn 90° clockwise, on screen</source>
        <translation>Повернуть на 90° по часовой стрелке, на экране</translation>
    </message>
    <message>
        <source>Exchange left and right, on screen</source>
        <translation>Поменять местами лево и право, на экране</translation>
    </message>
    <message>
        <source>Upright</source>
        <translation>Поставить прямо</translation>
    </message>
    <message>
        <source>Turn the film as the program suggests</source>
        <translation>Повернуть снимок, как предлагает программа</translation>
    </message>
    <message>
        <source>Turn goes along</source>
        <translation>Передать поворот</translation>
    </message>
    <message>
        <source>Whoever reads the film sees it turned as here: an instruction on how to show it (GSPS) goes along, the film itself stays as it is</source>
        <translation>Врач увидит снимок повёрнутым так же: вместе уходит указание о повороте (GSPS), сам снимок не меняется</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Сброс</translation>
    </message>
    <message>
        <source>As the file wants it</source>
        <translation>Как задано в файле</translation>
    </message>
    <message>
        <source>Overlays</source>
        <translation>Разметка</translation>
    </message>
    <message>
        <source>Show or hide everything drawn on the film</source>
        <translation>Показать или скрыть всё, что нарисовано поверх снимка</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Почему</translation>
    </message>
    <message>
        <source>Show where the program sees lung and ribs, and how sure it is of each edge</source>
        <translation>Показать, где программа видит лёгкие и рёбра и насколько уверена в каждом крае</translation>
    </message>
    <message>
        <source>Black border</source>
        <translation>Чёрные края</translation>
    </message>
    <message>
        <source>Black out what lies outside the collimated field, on this screen</source>
        <translation>Зачернить всё вне поля, только на этом экране</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Сравнить</translation>
    </message>
    <message>
        <source>The patient&apos;s previous film of this projection beside this one</source>
        <translation>Предыдущий снимок пациента в этой проекции рядом с этим</translation>
    </message>
    <message>
        <source>Ruler</source>
        <translation>Линейка</translation>
    </message>
    <message>
        <source>Measure a length</source>
        <translation>Измерить длину</translation>
    </message>
    <message>
        <source>Angle</source>
        <translation>Угол</translation>
    </message>
    <message>
        <source>Measure an angle: one leg, then the end of the other</source>
        <translation>Измерить угол: одна сторона, затем конец второй</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>Область</translation>
    </message>
    <message>
        <source>Mean, SD and area within an ellipse</source>
        <translation>Среднее, СКО и площадь внутри эллипса</translation>
    </message>
    <message>
        <source>Remove measurement</source>
        <translation>Удалить измерение</translation>
    </message>
    <message>
        <source>Remove the measurement touched last</source>
        <translation>Удалить измерение, с которым работали последним</translation>
    </message>
    <message>
        <source>Magnifier</source>
        <translation>Лупа</translation>
    </message>
    <message>
        <source>A magnifying glass at the pointer</source>
        <translation>Увеличительное стекло под курсором</translation>
    </message>
</context>
<context>
    <name>FilmListPanel</name>
    <message>
        <source>Films</source>
        <translation>Снимки</translation>
    </message>
    <message>
        <source>Choose a bar, a point or a number: its films are listed here.</source>
        <translation>Выберите столбик, точку или число — здесь появится список снимков.</translation>
    </message>
    <message>
        <source>Open the film</source>
        <translation>Открыть снимок</translation>
    </message>
    <message>
        <source>the newest {0} of {1}</source>
        <translation>последние {0} из {1}</translation>
    </message>
    <message numerus="yes">
        <source>%n film(s)</source>
        <translation>
            <numerusform>%n снимок</numerusform>
            <numerusform>%n снимка</numerusform>
            <numerusform>%n снимков</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FilmModel</name>
    <message>
        <source>Arrived</source>
        <translation>Поступил</translation>
    </message>
    <message>
        <source>Film</source>
        <translation>Снимок</translation>
    </message>
    <message>
        <source>Decision</source>
        <translation>Решение</translation>
    </message>
    <message>
        <source>By</source>
        <translation>Кто решил</translation>
    </message>
    <message>
        <source>Cascade: {0}</source>
        <translation>Каскад: {0}</translation>
    </message>
</context>
<context>
    <name>FilmToolbar</name>
    <message>
        <source>Measure</source>
        <translation>Измерить</translation>
    </message>
    <message>
        <source>Ruler, angle, region and magnifier</source>
        <translation>Линейка, угол, область и лупа</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Пресеты</translation>
    </message>
    <message>
        <source>Windows the file offers, and automatic ones</source>
        <translation>Окна из файла и автоматические</translation>
    </message>
    <message>
        <source>Automatic, whole range</source>
        <translation>Авто, весь диапазон</translation>
    </message>
    <message>
        <source>Automatic, without extremes</source>
        <translation>Авто, без крайних значений</translation>
    </message>
    <message>
        <source>LUT {0}</source>
        <translation>LUT {0}</translation>
    </message>
    <message>
        <source>W {0}  C {1}</source>
        <translation>Ш {0}  Ц {1}</translation>
    </message>
</context>
<context>
    <name>FilterBar</name>
    <message>
        <source>Period</source>
        <translation>Период</translation>
    </message>
    <message>
        <source>From – to …</source>
        <translation>С … по …</translation>
    </message>
    <message>
        <source>Step of the chart</source>
        <translation>Шаг графика</translation>
    </message>
    <message>
        <source>step: auto</source>
        <translation>шаг — авто</translation>
    </message>
    <message>
        <source>Projection</source>
        <translation>Проекция</translation>
    </message>
    <message>
        <source>All projections</source>
        <translation>Все проекции</translation>
    </message>
    <message>
        <source>Room</source>
        <translation>Кабинет</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>Сотрудник</translation>
    </message>
    <message>
        <source>Hide names</source>
        <translation>Без имён</translation>
    </message>
    <message>
        <source>Save the films of this selection as a table, without patient data.</source>
        <translation>Сохранить снимки этой выборки таблицей, без данных пациентов.</translation>
    </message>
    <message>
        <source>Report …</source>
        <translation>Отчёт …</translation>
    </message>
    <message>
        <source>Save this selection as a PDF to print.</source>
        <translation>Сохранить эту выборку как PDF для печати.</translation>
    </message>
    <message>
        <source>From</source>
        <translation>С</translation>
    </message>
    <message>
        <source>To</source>
        <translation>По</translation>
    </message>
    <message>
        <source>to</source>
        <translation>по</translation>
    </message>
    <message>
        <source>All rooms</source>
        <translation>Все кабинеты</translation>
    </message>
    <message>
        <source>All people</source>
        <translation>Все сотрудники</translation>
    </message>
</context>
<context>
    <name>GroupChart</name>
    <message>
        <source>{0}, 95 % interval {1}</source>
        <translation>{0}, 95 %-й интервал {1}</translation>
    </message>
</context>
<context>
    <name>GroupChooser</name>
    <message>
        <source>Reject rate</source>
        <translation>Доля брака</translation>
    </message>
    <message>
        <source>by projection</source>
        <translation>по проекциям</translation>
    </message>
    <message>
        <source>by room</source>
        <translation>по кабинетам</translation>
    </message>
    <message>
        <source>by person</source>
        <translation>по сотрудникам</translation>
    </message>
</context>
<context>
    <name>GuideWindow</name>
    <message>
        <source>User guide</source>
        <translation>Руководство пользователя</translation>
    </message>
    <message>
        <source>Chapters</source>
        <translation>Разделы</translation>
    </message>
</context>
<context>
    <name>Headline</name>
    <message>
        <source>exposures</source>
        <translation>снято</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>принято</translation>
    </message>
    <message>
        <source>kept with note</source>
        <translation>принято с пометкой</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>забраковано</translation>
    </message>
    <message>
        <source>reject rate</source>
        <translation>доля брака</translation>
    </message>
    <message>
        <source>repeat rate</source>
        <translation>доля повторов</translation>
    </message>
    <message>
        <source>median time to decision</source>
        <translation>медиана до решения</translation>
    </message>
    <message numerus="yes">
        <source>exposures, {0} open</source>
        <translation>
            <numerusform>снято, ждёт {0}</numerusform>
            <numerusform>снято, ждут {0}</numerusform>
            <numerusform>снято, ждут {0}</numerusform>
        </translation>
    </message>
    <message>
        <source>to decision, 90 % in {0}</source>
        <translation>до решения, 90 % за {0}</translation>
    </message>
    <message>
        <source>reject rate, 95 % CI {0}</source>
        <translation>доля брака, 95 % ДИ {0}</translation>
    </message>
    <message>
        <source>reject rate: too few films</source>
        <translation>доля брака: мало снимков</translation>
    </message>
    <message numerus="yes">
        <source>repeat rate, {0} extra view(s)</source>
        <translation>
            <numerusform>доля повторов, {0} снимок</numerusform>
            <numerusform>доля повторов, {0} снимка</numerusform>
            <numerusform>доля повторов, {0} снимков</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>KeepPrompt</name>
    <message>
        <source>Keep with note: what should be known?</source>
        <translation>Отправить с пометкой: что нужно знать о снимке?</translation>
    </message>
    <message>
        <source>In your own words</source>
        <translation>Своими словами</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Отправить</translation>
    </message>
    <message>
        <source>Answers the clinical question</source>
        <translation>На клинический вопрос отвечает</translation>
    </message>
    <message>
        <source>Patient cannot be positioned better</source>
        <translation>Лучше уложить пациента нельзя</translation>
    </message>
    <message>
        <source>A retake is not worth its dose</source>
        <translation>Пересъёмка не оправдывает дозу</translation>
    </message>
    <message>
        <source>Device or dressing cannot be removed</source>
        <translation>Устройство или повязку не снять</translation>
    </message>
    <message>
        <source>Best of several attempts</source>
        <translation>Лучший из нескольких снимков</translation>
    </message>
</context>
<context>
    <name>KeysDialog</name>
    <message>
        <source>Keys</source>
        <translation>Клавиши</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Закрыть</translation>
    </message>
</context>
<context>
    <name>Locking</name>
    <message>
        <source>Your role does not allow this</source>
        <translation>Ваша роль этого не разрешает</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Open …</source>
        <translation>Открыть …</translation>
    </message>
    <message>
        <source>Open a folder …</source>
        <translation>Открыть папку …</translation>
    </message>
    <message>
        <source>Demo study</source>
        <translation>Демонстрационное исследование</translation>
    </message>
    <message>
        <source>Export …</source>
        <translation>Экспорт …</translation>
    </message>
    <message>
        <source>Send films not sent yet</source>
        <translation>Отправить неотправленные снимки</translation>
    </message>
    <message>
        <source>Settings …</source>
        <translation>Настройки …</translation>
    </message>
    <message>
        <source>Operators …</source>
        <translation>Сотрудники …</translation>
    </message>
    <message>
        <source>Lock, change person</source>
        <translation>Заблокировать, сменить сотрудника</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Выход</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Отправить</translation>
    </message>
    <message>
        <source>Keep with note and send</source>
        <translation>Отправить с пометкой</translation>
    </message>
    <message>
        <source>Retake</source>
        <translation>Переснять</translation>
    </message>
    <message>
        <source>Undo the decision</source>
        <translation>Отменить решение</translation>
    </message>
    <message>
        <source>Set the projection</source>
        <translation>Указать проекцию</translation>
    </message>
    <message>
        <source>Newer film</source>
        <translation>Более новый снимок</translation>
    </message>
    <message>
        <source>Older film</source>
        <translation>Более ранний снимок</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>Измерить</translation>
    </message>
    <message>
        <source>Larger type</source>
        <translation>Шрифт крупнее</translation>
    </message>
    <message>
        <source>Smaller type</source>
        <translation>Шрифт мельче</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>Статистика</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Соединения</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Во весь экран</translation>
    </message>
    <message>
        <source>User guide</source>
        <translation>Руководство пользователя</translation>
    </message>
    <message>
        <source>Set up this console …</source>
        <translation>Настроить станцию …</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Клавиши</translation>
    </message>
    <message>
        <source>About this program</source>
        <translation>О программе</translation>
    </message>
    <message>
        <source>Open films</source>
        <translation>Открыть снимки</translation>
    </message>
    <message>
        <source>Films (*.dcm *.dicom *.ima *.png *.jpg *.jpeg *.tif *.tiff);;All files (*)</source>
        <translation>Снимки (*.dcm *.dicom *.ima *.png *.jpg *.jpeg *.tif *.tiff);;Все файлы (*)</translation>
    </message>
    <message>
        <source>Open a folder of films</source>
        <translation>Открыть папку со снимками</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Настройки</translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Файл</translation>
    </message>
    <message>
        <source>F&amp;ilm</source>
        <translation>&amp;Снимок</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Вид</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>С&amp;правка</translation>
    </message>
</context>
<context>
    <name>OperatorsWindow</name>
    <message>
        <source>Operators</source>
        <translation>Сотрудники</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Имя</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Добавить</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Закрыть</translation>
    </message>
    <message>
        <source>radiographer</source>
        <translation>рентгенолаборант</translation>
    </message>
    <message>
        <source>lead</source>
        <translation>старший</translation>
    </message>
    <message>
        <source>admin</source>
        <translation>администратор</translation>
    </message>
    <message>
        <source>Radiographers decide about films, leads see the statistics too, admins also the settings and this list. Names stand under decisions for good: whoever leaves is disabled, not removed.</source>
        <translation>Рентгенолаборант принимает решения по снимкам, старший видит и статистику, администратор — ещё настройки и этот список. Имена навсегда остаются под решениями: уволившихся отключают, а не удаляют.</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Роль</translation>
    </message>
    <message>
        <source>new PIN</source>
        <translation>новый ПИН-код</translation>
    </message>
    <message>
        <source>PIN, 4 to 12 digits</source>
        <translation>ПИН-код, 4–12 цифр</translation>
    </message>
    <message>
        <source>PIN</source>
        <translation>ПИН-код</translation>
    </message>
    <message>
        <source>Nobody yet: everything is allowed to everybody.</source>
        <translation>Пока никого: всё разрешено всем.</translation>
    </message>
    <message>
        <source>may sign in</source>
        <translation>может входить</translation>
    </message>
    <message>
        <source>Set PIN</source>
        <translation>Задать</translation>
    </message>
</context>
<context>
    <name>OrderCard</name>
    <message>
        <source>No order for this film in the worklist.</source>
        <translation>В рабочем списке назначения для этого снимка нет.</translation>
    </message>
    <message>
        <source>Order: {0}</source>
        <translation>Назначение: {0}</translation>
    </message>
    <message>
        <source>Wrong patient?</source>
        <translation>Тот ли пациент?</translation>
    </message>
    <message>
        <source>Other accession number than ordered</source>
        <translation>Номер направления не совпадает с назначением</translation>
    </message>
    <message>
        <source>Other projection than ordered</source>
        <translation>Проекция не совпадает с назначением</translation>
    </message>
    <message>
        <source>Check the patient&apos;s identity before you send. Correct the entry at the modality.</source>
        <translation>Прежде чем отправить, проверьте, кто перед вами. Исправьте запись на аппарате.</translation>
    </message>
    <message>
        <source>Check the order; correct the entry at the modality.</source>
        <translation>Проверьте назначение и исправьте запись на аппарате.</translation>
    </message>
    <message>
        <source>Check the order before you send.</source>
        <translation>Прежде чем отправить, проверьте назначение.</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>ФИО</translation>
    </message>
    <message>
        <source>Patient number</source>
        <translation>Номер пациента</translation>
    </message>
    <message>
        <source>Date of birth</source>
        <translation>Дата рождения</translation>
    </message>
    <message>
        <source>Accession number</source>
        <translation>Номер направления</translation>
    </message>
    <message>
        <source>Ordered</source>
        <translation>Назначено</translation>
    </message>
    <message>
        <source>{0} on the film: {1}
in the order: {2}</source>
        <translation>{0} на снимке: {1}
в назначении: {2}</translation>
    </message>
</context>
<context>
    <name>ParetoChart</name>
    <message>
        <source>Reject reasons</source>
        <translation>Причины брака</translation>
    </message>
    <message>
        <source>{0} of {1} rejects, together with the larger ones {2}</source>
        <translation>{0} из {1} забракованных, вместе с более частыми {2}</translation>
    </message>
</context>
<context>
    <name>PeerTest</name>
    <message>
        <source>Test the connection</source>
        <translation>Проверить связь</translation>
    </message>
    <message>
        <source>Give host and AE title first.</source>
        <translation>Сначала укажите узел и AE-заголовок.</translation>
    </message>
    <message>
        <source>Asking …</source>
        <translation>Запрос …</translation>
    </message>
    <message>
        <source>Answers in {0} ms.</source>
        <translation>Отвечает за {0} мс.</translation>
    </message>
</context>
<context>
    <name>ProbabilityBar</name>
    <message>
        <source>Probability of a defect {0}</source>
        <translation>Вероятность дефекта {0}</translation>
    </message>
    <message>
        <source>Probability of a defect {0}, warns from {1}</source>
        <translation>Вероятность дефекта {0}, порог {1}</translation>
    </message>
</context>
<context>
    <name>ProblemsPanel</name>
    <message>
        <source>Dismiss all</source>
        <translation>Убрать все</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Убрать</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>Программа</translation>
    </message>
    <message numerus="yes">
        <source>%n problem(s)</source>
        <translation>
            <numerusform>%n проблема</numerusform>
            <numerusform>%n проблемы</numerusform>
            <numerusform>%n проблем</numerusform>
        </translation>
    </message>
    <message>
        <source>The file</source>
        <translation>Файл</translation>
    </message>
</context>
<context>
    <name>ProfileButtons</name>
    <message>
        <source>Load a profile …</source>
        <translation>Загрузить профиль …</translation>
    </message>
    <message>
        <source>Save a profile …</source>
        <translation>Сохранить профиль …</translation>
    </message>
    <message>
        <source>Settings that all consoles of the site share; this room&apos;s own stay</source>
        <translation>Настройки, общие для всех станций учреждения; свои настройки кабинета остаются</translation>
    </message>
    <message>
        <source>Changed, not saved yet: {0}</source>
        <translation>Изменено, ещё не сохранено: {0}</translation>
    </message>
    <message>
        <source>The profile changes nothing.</source>
        <translation>Профиль ничего не меняет.</translation>
    </message>
    <message>
        <source>Saved: {0}</source>
        <translation>Сохранено: {0}</translation>
    </message>
</context>
<context>
    <name>ProjectionCard</name>
    <message>
        <source>Set the projection by hand (F2)</source>
        <translation>Указать проекцию вручную (F2)</translation>
    </message>
    <message>
        <source>Projection: {0}, {1}</source>
        <translation>Проекция: {0}, {1}</translation>
    </message>
    <message>
        <source>by the header</source>
        <translation>по заголовку</translation>
    </message>
    <message>
        <source>set by you</source>
        <translation>указали вы</translation>
    </message>
    <message>
        <source>Not sure whether frontal or lateral: choose yourself.</source>
        <translation>Не уверен, прямая это или боковая: выберите сами.</translation>
    </message>
    <message>
        <source>By the model</source>
        <translation>По модели</translation>
    </message>
</context>
<context>
    <name>Prompt</name>
    <message>
        <source>Enter</source>
        <translation>Enter</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
    </message>
</context>
<context>
    <name>Queue</name>
    <message>
        <source>film</source>
        <translation>снимок</translation>
    </message>
    <message>
        <source>reject note</source>
        <translation>отметка о браке</translation>
    </message>
    <message>
        <source>annotated film</source>
        <translation>снимок с разметкой</translation>
    </message>
    <message>
        <source>graphics</source>
        <translation>графика</translation>
    </message>
    <message>
        <source>turn</source>
        <translation>поворот</translation>
    </message>
    <message>
        <source>report</source>
        <translation>отчёт</translation>
    </message>
    <message>
        <source>tries again at {0}</source>
        <translation>повтор в {0}</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>ждёт</translation>
    </message>
    <message>
        <source>being sent</source>
        <translation>отправляется</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>не удалось</translation>
    </message>
    <message>
        <source>sent</source>
        <translation>отправлен</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>снят с очереди</translation>
    </message>
</context>
<context>
    <name>QueueTable</name>
    <message>
        <source>Film</source>
        <translation>Снимок</translation>
    </message>
    <message>
        <source>Object</source>
        <translation>Объект</translation>
    </message>
    <message>
        <source>Destination</source>
        <translation>Получатель</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Состояние</translation>
    </message>
    <message>
        <source>Last problem</source>
        <translation>Ошибка</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>Очередь</translation>
    </message>
    <message>
        <source>Try now</source>
        <translation>Отправить сейчас</translation>
    </message>
    <message>
        <source>Take off the queue</source>
        <translation>Снять с очереди</translation>
    </message>
    <message numerus="yes">
        <source>Queue: %n object(s)</source>
        <translation>
            <numerusform>Очередь: %n объект</numerusform>
            <numerusform>Очередь: %n объекта</numerusform>
            <numerusform>Очередь: %n объектов</numerusform>
        </translation>
    </message>
    <message>
        <source>The queue is empty</source>
        <translation>Очередь пуста</translation>
    </message>
</context>
<context>
    <name>RateChart</name>
    <message>
        <source>target {0}</source>
        <translation>цель {0}</translation>
    </message>
    <message>
        <source>action {0}</source>
        <translation>порог {0}</translation>
    </message>
</context>
<context>
    <name>RetakePrompt</name>
    <message>
        <source>Retake: why?</source>
        <translation>Переснять: причина</translation>
    </message>
    <message>
        <source>Note (not required)</source>
        <translation>Пометка (необязательно)</translation>
    </message>
    <message>
        <source>Retake</source>
        <translation>Переснять</translation>
    </message>
</context>
<context>
    <name>ReviewCards</name>
    <message>
        <source>Loading the models …</source>
        <translation>Загружаются модели …</translation>
    </message>
    <message>
        <source>Taking the film in …</source>
        <translation>Снимок принимается …</translation>
    </message>
    <message>
        <source>Waiting for the analysis of another film …</source>
        <translation>Очередь: анализируется другой снимок …</translation>
    </message>
    <message>
        <source>Analysing …</source>
        <translation>Идёт анализ …</translation>
    </message>
    <message>
        <source>Body part, greyscale, orientation, projection, lung fields, rotation</source>
        <translation>Область, серая шкала, положение, проекция, лёгочные поля, ротация</translation>
    </message>
    <message>
        <source>You need not wait: the three actions work now.</source>
        <translation>Ждать не нужно: все три действия доступны.</translation>
    </message>
    <message>
        <source>Analysis unavailable</source>
        <translation>Анализ недоступен</translation>
    </message>
    <message>
        <source>This film could not be analysed</source>
        <translation>Этот снимок не удалось проанализировать</translation>
    </message>
    <message>
        <source>Look at the film yourself. Sending works as always.</source>
        <translation>Оцените снимок сами. Отправка работает как обычно.</translation>
    </message>
    <message>
        <source>The repeated analysis failed</source>
        <translation>Повторный анализ не удался</translation>
    </message>
    <message>
        <source>The earlier result is below.</source>
        <translation>Ниже — прежний результат.</translation>
    </message>
    <message>
        <source>all edges clear</source>
        <translation>края свободны</translation>
    </message>
    <message>
        <source>{0}: {1}</source>
        <translation>{0}: {1}</translation>
    </message>
    <message>
        <source>Not sure: look yourself.</source>
        <translation>Не уверен: проверьте сами.</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>Что сделать</translation>
    </message>
    <message>
        <source>Cascade {0}</source>
        <translation>Каскад {0}</translation>
    </message>
    <message>
        <source>U shows it turned and the turn goes along when you send; T: on this screen only.</source>
        <translation>U — показать повёрнутым, поворот уйдёт вместе со снимком; T — только на этом экране.</translation>
    </message>
    <message>
        <source>I inverts the view.</source>
        <translation>I — инвертировать на экране.</translation>
    </message>
    <message>
        <source>To analyse it all the same, set the projection.</source>
        <translation>Чтобы всё же провести анализ, укажите проекцию.</translation>
    </message>
    <message>
        <source>U shows it turned; T makes the turn go along when you send.</source>
        <translation>U — показать повёрнутым; T — отправить вместе с поворотом.</translation>
    </message>
</context>
<context>
    <name>Saver</name>
    <message>
        <source>Save the films as a table</source>
        <translation>Сохранить снимки таблицей</translation>
    </message>
    <message>
        <source>Folder:</source>
        <translation>Папка:</translation>
    </message>
    <message>
        <source>Type:</source>
        <translation>Тип:</translation>
    </message>
    <message>
        <source>With patient data</source>
        <translation>С данными пациентов</translation>
    </message>
    <message>
        <source>Patient numbers, accession numbers and notes go into the file, too.</source>
        <translation>В файл попадут и номера пациентов, номера направлений, пометки.</translation>
    </message>
    <message>
        <source>Save the report</source>
        <translation>Сохранить отчёт</translation>
    </message>
</context>
<context>
    <name>SectionForm</name>
    <message>
        <source>Default</source>
        <translation>По умолчанию</translation>
    </message>
    <message>
        <source>Default: {0}</source>
        <translation>По умолчанию: {0}</translation>
    </message>
</context>
<context>
    <name>Session</name>
    <message>
        <source>Operators</source>
        <translation>Сотрудники</translation>
    </message>
</context>
<context>
    <name>SettingChoices</name>
    <message>
        <source>As the system</source>
        <translation>Как в системе</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Тёмные</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Светлые</translation>
    </message>
    <message>
        <source>No sign-in</source>
        <translation>Без входа</translation>
    </message>
    <message>
        <source>Pick a name</source>
        <translation>Выбор имени</translation>
    </message>
    <message>
        <source>Name and PIN</source>
        <translation>Имя и ПИН-код</translation>
    </message>
    <message>
        <source>The system&apos;s user</source>
        <translation>Пользователь системы</translation>
    </message>
</context>
<context>
    <name>SettingFields</name>
    <message>
        <source>Choose</source>
        <translation>Выбор</translation>
    </message>
    <message>
        <source>several are separated by commas</source>
        <translation>несколько — через запятую</translation>
    </message>
    <message>
        <source>Add …</source>
        <translation>Добавить …</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Удалить</translation>
    </message>
    <message>
        <source>Folder to watch</source>
        <translation>Отслеживаемая папка</translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation>Выбрать …</translation>
    </message>
    <message>
        <source>This must be filled in.</source>
        <translation>Это поле нужно заполнить.</translation>
    </message>
    <message>
        <source>This cannot be used: {0}</source>
        <translation>Так не годится: {0}</translation>
    </message>
    <message>
        <source>Neither an IP address nor a network: {0}</source>
        <translation>Не IP-адрес и не сеть: {0}</translation>
    </message>
</context>
<context>
    <name>SettingNames</name>
    <message>
        <source>Language</source>
        <translation>Язык</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>Цвета</translation>
    </message>
    <message>
        <source>Type (%)</source>
        <translation>Шрифт (%)</translation>
    </message>
    <message>
        <source>Room</source>
        <translation>Кабинет</translation>
    </message>
    <message>
        <source>Radiographer</source>
        <translation>Рентгенолаборант</translation>
    </message>
    <message>
        <source>Sign-in</source>
        <translation>Вход</translation>
    </message>
    <message>
        <source>Lock after (minutes)</source>
        <translation>Блокировать через (мин)</translation>
    </message>
    <message>
        <source>Watched folders</source>
        <translation>Отслеживаемые папки</translation>
    </message>
    <message>
        <source>Dose, frontal (mSv)</source>
        <translation>Доза, прямая (мЗв)</translation>
    </message>
    <message>
        <source>Dose, lateral (mSv)</source>
        <translation>Доза, боковая (мЗв)</translation>
    </message>
    <message>
        <source>Cascade folder</source>
        <translation>Папка каскада</translation>
    </message>
    <message>
        <source>Execution providers</source>
        <translation>Провайдеры ONNX Runtime</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Потоки</translation>
    </message>
    <message>
        <source>Undo (seconds)</source>
        <translation>Отмена (секунды)</translation>
    </message>
    <message>
        <source>Send by itself (seconds)</source>
        <translation>Автоотправка через (секунды)</translation>
    </message>
    <message>
        <source>Send films turned as shown</source>
        <translation>Отправлять снимки повёрнутыми, как на экране</translation>
    </message>
    <message>
        <source>Keep for (days)</source>
        <translation>Хранить (дни)</translation>
    </message>
    <message>
        <source>Target reject rate (%)</source>
        <translation>Целевая доля брака (%)</translation>
    </message>
    <message>
        <source>Action level (%)</source>
        <translation>Порог вмешательства (%)</translation>
    </message>
    <message>
        <source>Suspiciously low below (%)</source>
        <translation>Подозрительно мало, ниже (%)</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>Включено</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Имя</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>Узел</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Порт</translation>
    </message>
    <message>
        <source>AE title, peer</source>
        <translation>AE узла</translation>
    </message>
    <message>
        <source>AE title, here</source>
        <translation>AE станции</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Соединения</translation>
    </message>
    <message>
        <source>Largest film (MB)</source>
        <translation>Предел размера снимка (МБ)</translation>
    </message>
    <message>
        <source>Silence (seconds)</source>
        <translation>Простой соединения (секунды)</translation>
    </message>
    <message>
        <source>Space (GB)</source>
        <translation>Место (ГБ)</translation>
    </message>
    <message>
        <source>Local address</source>
        <translation>Локальный адрес</translation>
    </message>
    <message>
        <source>Allowed AE titles</source>
        <translation>Разрешённые AE</translation>
    </message>
    <message>
        <source>Allowed hosts</source>
        <translation>Разрешённые узлы</translation>
    </message>
    <message>
        <source>Station</source>
        <translation>Аппарат</translation>
    </message>
    <message>
        <source>Modalities</source>
        <translation>Модальности</translation>
    </message>
    <message>
        <source>Ask every (minutes)</source>
        <translation>Запрос (минуты)</translation>
    </message>
    <message>
        <source>Reject notes</source>
        <translation>Отметки о браке</translation>
    </message>
    <message>
        <source>Reports</source>
        <translation>Отчёты</translation>
    </message>
    <message>
        <source>Annotated films</source>
        <translation>Снимки с разметкой</translation>
    </message>
    <message>
        <source>Presentation states</source>
        <translation>Графика (GSPS)</translation>
    </message>
    <message>
        <source>Commitment</source>
        <translation>Подтверждение хранения</translation>
    </message>
    <message>
        <source>TLS</source>
        <translation>TLS</translation>
    </message>
    <message>
        <source>Certificate</source>
        <translation>Сертификат</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Ключ</translation>
    </message>
    <message>
        <source>Authorities</source>
        <translation>Удостоверяющие центры</translation>
    </message>
    <message>
        <source>Certificate&apos;s name</source>
        <translation>Имя в сертификате</translation>
    </message>
    <message>
        <source>Keep rejected for (days)</source>
        <translation>Хранить брак (дни)</translation>
    </message>
</context>
<context>
    <name>SettingPages</name>
    <message>
        <source>Console</source>
        <translation>Станция</translation>
    </message>
    <message>
        <source>Films</source>
        <translation>Снимки</translation>
    </message>
    <message>
        <source>Analysis</source>
        <translation>Анализ</translation>
    </message>
    <message>
        <source>Receiving</source>
        <translation>Приём</translation>
    </message>
    <message>
        <source>Worklist</source>
        <translation>Рабочий список</translation>
    </message>
    <message>
        <source>Sending</source>
        <translation>Отправка</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>Статистика</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Настройки</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Поиск</translation>
    </message>
    <message>
        <source>Search the settings</source>
        <translation>Поиск по настройкам</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>Страницы</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Сохранить</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Отмена</translation>
    </message>
    <message>
        <source>Cannot save yet: correct the field marked in red.</source>
        <translation>Сохранить пока нельзя: исправьте поле с красной подписью.</translation>
    </message>
    <message>
        <source>This must be filled in.</source>
        <translation>Это поле нужно заполнить.</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>Ничего не найдено</translation>
    </message>
    <message>
        <source>The changes are not saved. Close again to discard them.</source>
        <translation>Изменения не сохранены. Закройте ещё раз, чтобы отказаться от них.</translation>
    </message>
</context>
<context>
    <name>SetupDialog</name>
    <message>
        <source>Set up this console</source>
        <translation>Настройка станции</translation>
    </message>
    <message>
        <source>Where is this console?</source>
        <translation>Где стоит эта станция?</translation>
    </message>
    <message>
        <source>Room and person go into the statistics.</source>
        <translation>Кабинет и сотрудник попадают в статистику.</translation>
    </message>
    <message>
        <source>Receive films by network?</source>
        <translation>Принимать снимки по сети?</translation>
    </message>
    <message>
        <source>Films can also come from a watched folder or by hand.</source>
        <translation>Снимки могут поступать и из отслеживаемой папки или вручную.</translation>
    </message>
    <message>
        <source>Where do decided films go?</source>
        <translation>Куда отправлять снимки, по которым принято решение?</translation>
    </message>
    <message>
        <source>Without a destination they are not sent, they stay on this console.</source>
        <translation>Без получателя они не отправляются, а остаются на этой станции.</translation>
    </message>
    <message>
        <source>Does the analysis work?</source>
        <translation>Работает ли анализ?</translation>
    </message>
    <message>
        <source>A simulated film is assessed on this computer.</source>
        <translation>На этом компьютере анализируется моделированный снимок.</translation>
    </message>
    <message>
        <source>Skip all</source>
        <translation>Пропустить всё</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
    </message>
    <message>
        <source>Step {0} of {1}</source>
        <translation>Шаг {0} из {1}</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Готово</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Далее</translation>
    </message>
    <message>
        <source>Assessing …</source>
        <translation>Анализ …</translation>
    </message>
    <message>
        <source>Receiving and sending work all the same.</source>
        <translation>Приём и отправка работают и без него.</translation>
    </message>
    <message>
        <source>It works. {0} ({1} ms)</source>
        <translation>Работает. {0} ({1} мс)</translation>
    </message>
</context>
<context>
    <name>SignInView</name>
    <message>
        <source>Who works here?</source>
        <translation>Кто работает?</translation>
    </message>
    <message>
        <source>PIN</source>
        <translation>ПИН-код</translation>
    </message>
    <message>
        <source>Sign in</source>
        <translation>Войти</translation>
    </message>
    <message>
        <source>Erase</source>
        <translation>Стереть</translation>
    </message>
    <message>
        <source>Films go on arriving, being assessed and sent.</source>
        <translation>Снимки продолжают поступать, анализироваться и отправляться.</translation>
    </message>
    <message>
        <source>Enter the PIN.</source>
        <translation>Введите ПИН-код.</translation>
    </message>
    <message>
        <source>Too many wrong PINs. Try again in {0} s.</source>
        <translation>Слишком много неверных ПИН-кодов. Повторите через {0} с.</translation>
    </message>
</context>
<context>
    <name>Stage</name>
    <message>
        <source>Drop to open</source>
        <translation>Отпустите, чтобы открыть</translation>
    </message>
</context>
<context>
    <name>State</name>
    <message>
        <source>in order</source>
        <translation>в порядке</translation>
    </message>
    <message>
        <source>look here</source>
        <translation>обратите внимание</translation>
    </message>
    <message>
        <source>not sure: look yourself</source>
        <translation>не уверен: проверьте сами</translation>
    </message>
    <message>
        <source>not assessed</source>
        <translation>не оценено</translation>
    </message>
</context>
<context>
    <name>Statistics</name>
    <message>
        <source>Agreement: {0}</source>
        <translation>Совпадение решений: {0}</translation>
    </message>
    <message>
        <source>{0} (95 % CI {1})</source>
        <translation>{0} (95 % ДИ {1})</translation>
    </message>
    <message>
        <source>Warnings that ended in a retake: {0}.</source>
        <translation>После предупреждения пересняли: {0}.</translation>
    </message>
    <message>
        <source>Expected from the model card at this share of films with cut-off lung or a rotated chest: {0}.</source>
        <translation>По паспорту моделей при такой доле срезанных лёгких и ротаций ожидается: {0}.</translation>
    </message>
    <message>
        <source>Reject analysis of chest films</source>
        <translation>Анализ брака снимков грудной клетки</translation>
    </message>
    <message>
        <source>exposures</source>
        <translation>снято</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>принято</translation>
    </message>
    <message>
        <source>kept with note</source>
        <translation>с&#xa0;пометкой</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>забраковано</translation>
    </message>
    <message>
        <source>reject rate</source>
        <translation>доля брака</translation>
    </message>
    <message>
        <source>repeat rate</source>
        <translation>доля повторов</translation>
    </message>
    <message>
        <source>median time to decision</source>
        <translation>медиана до решения</translation>
    </message>
    <message>
        <source>95 % confidence interval of the reject rate: {0} (Wilson).</source>
        <translation>95 %-й доверительный интервал доли брака: {0} (по Уилсону).</translation>
    </message>
    <message>
        <source>Reject rate over time</source>
        <translation>Доля брака по времени</translation>
    </message>
    <message>
        <source>Reject reasons</source>
        <translation>Причины брака</translation>
    </message>
    <message>
        <source>No film was rejected.</source>
        <translation>Забракованных снимков нет.</translation>
    </message>
    <message>
        <source>By projection</source>
        <translation>По проекциям</translation>
    </message>
    <message>
        <source>Projection</source>
        <translation>Проекция</translation>
    </message>
    <message>
        <source>By room</source>
        <translation>По кабинетам</translation>
    </message>
    <message>
        <source>Room</source>
        <translation>Кабинет</translation>
    </message>
    <message>
        <source>By person</source>
        <translation>По сотрудникам</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>Сотрудник</translation>
    </message>
    <message>
        <source>Findings and measures</source>
        <translation>Выводы и меры</translation>
    </message>
    <message>
        <source>Reviewed by</source>
        <translation>Рассмотрел(а)</translation>
    </message>
    <message>
        <source>Date, signature</source>
        <translation>Дата, подпись</translation>
    </message>
    <message>
        <source>How to read this</source>
        <translation>Как читать отчёт</translation>
    </message>
    <message>
        <source>Rejected: a patient image never sent on (AAPM TG-305); rates are parts of the decided films. A film counts on the day it arrived. Repeat rate: accepted films beyond the first of the same study and projection. No rate is given for fewer than {0} films. Control limits: mean ± 3σ of a p-chart, the upper one by the binomial distribution where films or rejects are few. Target {1}, action level {2}. The cascade is a quality-control aid, not for diagnosis.</source>
        <translation>Брак — снимок пациента, который не покинул станцию (AAPM TG-305); доли считаются от снимков, по которым принято решение. Снимок относится ко дню поступления. Доля повторов — принятые снимки сверх первого в том же исследовании и той же проекции. Если снимков меньше {0}, доля не указывается. Контрольные границы: среднее ± 3σ (p-карта); если снимков или брака мало, верхняя — по биномиальному распределению. Цель {1}, порог вмешательства {2}. Каскад — средство контроля качества, не для диагностики.</translation>
    </message>
    <message>
        <source>target {0}</source>
        <translation>цель {0}</translation>
    </message>
    <message>
        <source>action {0}</source>
        <translation>порог {0}</translation>
    </message>
    <message>
        <source>too few films</source>
        <translation>мало снимков</translation>
    </message>
    <message>
        <source>films</source>
        <translation>снимков</translation>
    </message>
    <message>
        <source>95 % CI</source>
        <translation>95 % ДИ</translation>
    </message>
    <message>
        <source>Cascade</source>
        <translation>Каскад</translation>
    </message>
    <message>
        <source>Cascade and people</source>
        <translation>Каскад и люди</translation>
    </message>
    <message>
        <source>{0} ({1} of {2})</source>
        <translation>{0} ({1} из {2})</translation>
    </message>
    <message>
        <source>too few films ({0})</source>
        <translation>мало снимков ({0})</translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation>{0} с</translation>
    </message>
    <message>
        <source>{0} min {1} s</source>
        <translation>{0} мин {1} с</translation>
    </message>
    <message>
        <source>{0} h {1} min</source>
        <translation>{0} ч {1} мин</translation>
    </message>
    <message>
        <source>all films</source>
        <translation>все снимки</translation>
    </message>
    <message>
        <source>limits {0}–{1}</source>
        <translation>границы {0}–{1}</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Сегодня</translation>
    </message>
    <message>
        <source>Last 7 days</source>
        <translation>Последние 7 дней</translation>
    </message>
    <message>
        <source>This month</source>
        <translation>Этот месяц</translation>
    </message>
    <message>
        <source>Last month</source>
        <translation>Прошлый месяц</translation>
    </message>
    <message>
        <source>Last 3 months</source>
        <translation>Последние 3 месяца</translation>
    </message>
    <message>
        <source>Last 12 months</source>
        <translation>Последние 12 месяцев</translation>
    </message>
    <message>
        <source>All films</source>
        <translation>Все снимки</translation>
    </message>
    <message>
        <source>by day</source>
        <translation>по дням</translation>
    </message>
    <message>
        <source>by week</source>
        <translation>по неделям</translation>
    </message>
    <message>
        <source>by month</source>
        <translation>по месяцам</translation>
    </message>
    <message>
        <source>not decided</source>
        <translation>без решения</translation>
    </message>
    <message>
        <source>Warned</source>
        <translation>Предупреждал</translation>
    </message>
    <message>
        <source>Asked to look</source>
        <translation>Просил проверить</translation>
    </message>
    <message>
        <source>Passed</source>
        <translation>Без замечаний</translation>
    </message>
    <message>
        <source>Not judged</source>
        <translation>Не оценивал</translation>
    </message>
    <message>
        <source>room not named</source>
        <translation>кабинет не указан</translation>
    </message>
    <message>
        <source>nobody named</source>
        <translation>имя не указано</translation>
    </message>
    <message>
        <source>sent by itself</source>
        <translation>отправлено автоматически</translation>
    </message>
    <message>
        <source>Person {0}</source>
        <translation>Сотрудник {0}</translation>
    </message>
    <message>
        <source>Too few decided films for a rate ({0}; at least {1} are needed). Widen the period.</source>
        <translation>Слишком мало снимков с решением, чтобы считать долю ({0}, а нужно хотя бы {1}). Возьмите период побольше.</translation>
    </message>
    <message>
        <source>A reject rate of {0} is unusually low (below {1}). Are rejects not recorded, or poor films sent?</source>
        <translation>Доля брака {0} необычно мала (меньше {1}). Брак не записывают или отправляют плохие снимки?</translation>
    </message>
    <message>
        <source>The reject rate of {0} is within the target of {1}.</source>
        <translation>Доля брака {0} не выше целевой {1}.</translation>
    </message>
    <message>
        <source>The reject rate of {0} is above the target of {1}, still below the action level of {2}.</source>
        <translation>Доля брака {0} выше целевой {1}, но ниже порога вмешательства {2}.</translation>
    </message>
    <message>
        <source>The reject rate of {0} has reached the action level of {1}, but chance could explain it. Watch it.</source>
        <translation>Доля брака {0} достигла порога вмешательства {1}, но это может быть случайностью. Наблюдайте.</translation>
    </message>
    <message>
        <source>The reject rate of {0} is above the action level of {1}. Find the cause: see the reasons.</source>
        <translation>Доля брака {0} выше порога вмешательства {1}. Найдите, в чём дело: смотрите причины.</translation>
    </message>
    <message>
        <source>Points outside the control limits: {0}.</source>
        <translation>Точек за контрольными границами: {0}.</translation>
    </message>
</context>
<context>
    <name>StatisticsWindow</name>
    <message>
        <source>Saved: {0}</source>
        <translation>Сохранено: {0}</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>Статистика</translation>
    </message>
    <message>
        <source>No film was rejected.</source>
        <translation>Забракованных снимков нет.</translation>
    </message>
    <message>
        <source>No films here.</source>
        <translation>Снимков нет.</translation>
    </message>
    <message>
        <source>Over time</source>
        <translation>По времени</translation>
    </message>
    <message>
        <source>Reject reasons</source>
        <translation>Причины брака</translation>
    </message>
    <message>
        <source>Cascade and people</source>
        <translation>Каскад и люди</translation>
    </message>
    <message>
        <source>mean {0} · shaded: 3σ</source>
        <translation>среднее {0} · фон: 3σ</translation>
    </message>
    <message>
        <source>▲ ▼ outside</source>
        <translation>▲ ▼ вне границ</translation>
    </message>
    <message>
        <source>All films</source>
        <translation>Все снимки</translation>
    </message>
    <message>
        <source>Rejected, {0}</source>
        <translation>Забраковано, {0}</translation>
    </message>
    <message>
        <source>Sent, {0}</source>
        <translation>Отправлено, {0}</translation>
    </message>
    <message>
        <source>Rejected: {0}</source>
        <translation>Забраковано: {0}</translation>
    </message>
</context>
<context>
    <name>StudyLines</name>
    <message>
        <source>Retake of {0}: {1}</source>
        <translation>Пересъёмка снимка от {0}: {1}</translation>
    </message>
    <message>
        <source>Exposure as intended (DI {0}).</source>
        <translation>Экспозиция в норме (DI {0}).</translation>
    </message>
    <message>
        <source>Exposure {0} % of the target (DI {1}): no reason for a retake by itself; judge noise and saturation.</source>
        <translation>Экспозиция — {0} % от целевой (DI {1}): само по себе не повод для пересъёмки; оцените шум и пересвет.</translation>
    </message>
    <message numerus="yes">
        <source>%n exposure(s)</source>
        <translation>
            <numerusform>%n экспозиция</numerusform>
            <numerusform>%n экспозиции</numerusform>
            <numerusform>%n экспозиций</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n rejected</source>
        <translation>
            <numerusform>%n забракована</numerusform>
            <numerusform>%n забракованы</numerusform>
            <numerusform>%n забраковано</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n without a dose</source>
        <translation>
            <numerusform>%n без дозы</numerusform>
            <numerusform>%n без дозы</numerusform>
            <numerusform>%n без дозы</numerusform>
        </translation>
    </message>
    <message>
        <source>Dose-area product of the study: {0} dGy·cm² ({1})</source>
        <translation>Произведение дозы на площадь за исследование: {0} дГр·см² ({1})</translation>
    </message>
    <message>
        <source>Dose-area product of the study: at least {0} dGy·cm² ({1})</source>
        <translation>Произведение дозы на площадь за исследование: не менее {0} дГр·см² ({1})</translation>
    </message>
</context>
<context>
    <name>SubjectChooser</name>
    <message>
        <source>What the chart over time shows</source>
        <translation>Что показывает график по времени</translation>
    </message>
    <message>
        <source>All rejects</source>
        <translation>Весь брак</translation>
    </message>
    <message>
        <source>Repeats</source>
        <translation>Повторы</translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>quality-control aid, not for diagnosis</source>
        <translation>контроль качества, не для диагностики</translation>
    </message>
    <message>
        <source>watched folder not reachable</source>
        <translation>отслеживаемая папка недоступна</translation>
    </message>
    <message>
        <source>folder lost</source>
        <translation>нет папки</translation>
    </message>
    <message numerus="yes">
        <source>%n folder(s) watched</source>
        <translation>
            <numerusform>отслеживается %n папка</numerusform>
            <numerusform>отслеживаются %n папки</numerusform>
            <numerusform>отслеживается %n папок</numerusform>
        </translation>
    </message>
    <message>
        <source>worklist not answering</source>
        <translation>рабочий список не отвечает</translation>
    </message>
    <message>
        <source>worklist down</source>
        <translation>список: нет связи</translation>
    </message>
    <message>
        <source>worklist is asked</source>
        <translation>запрос рабочего списка</translation>
    </message>
    <message>
        <source>Asked at {0}</source>
        <translation>Запрошен в {0}</translation>
    </message>
    <message numerus="yes">
        <source>%n order(s) today</source>
        <translation>
            <numerusform>%n назначение сегодня</numerusform>
            <numerusform>%n назначения сегодня</numerusform>
            <numerusform>%n назначений сегодня</numerusform>
        </translation>
    </message>
    <message>
        <source>not receiving: port {0}</source>
        <translation>нет приёма: порт {0}</translation>
    </message>
    <message>
        <source>not receiving</source>
        <translation>приём закрыт</translation>
    </message>
    <message>
        <source>AE title {0}: received {1}, refused {2}</source>
        <translation>AE-заголовок {0}: принято {1}, отклонено {2}</translation>
    </message>
    <message>
        <source>receiving on port {0}</source>
        <translation>приём, порт {0}</translation>
    </message>
    <message>
        <source>{0} {1} Sending works as always.</source>
        <translation>{0} {1} Отправка работает как обычно.</translation>
    </message>
    <message>
        <source>analysis unavailable</source>
        <translation>анализ недоступен</translation>
    </message>
    <message>
        <source>no analysis</source>
        <translation>нет анализа</translation>
    </message>
    <message>
        <source>analysis starting</source>
        <translation>анализ запускается</translation>
    </message>
    <message>
        <source>analysis ready</source>
        <translation>анализ готов</translation>
    </message>
    <message>
        <source>Decided films are not sent, they stay on this console. Set a destination in Settings.</source>
        <translation>Снимки с решением не отправляются, они остаются на этой станции. Задайте получателя в настройках.</translation>
    </message>
    <message>
        <source>no destination set</source>
        <translation>получатель не задан</translation>
    </message>
    <message numerus="yes">
        <source>no destination set, %n film(s) not sent</source>
        <translation>
            <numerusform>получатель не задан, не отправлен %n снимок</numerusform>
            <numerusform>получатель не задан, не отправлено %n снимка</numerusform>
            <numerusform>получатель не задан, не отправлено %n снимков</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0}: mistake in the settings, %n waiting</source>
        <translation>
            <numerusform>{0}: ошибка в настройках, в очереди %n</numerusform>
            <numerusform>{0}: ошибка в настройках, в очереди %n</numerusform>
            <numerusform>{0}: ошибка в настройках, в очереди %n</numerusform>
        </translation>
    </message>
    <message>
        <source>{0}: sent {1}, waiting {2}, failed {3}</source>
        <translation>{0}: отправлено {1}, ждут {2}, с ошибкой {3}</translation>
    </message>
    <message>
        <source>Next attempt at {0}</source>
        <translation>Следующая попытка в {0}</translation>
    </message>
    <message numerus="yes">
        <source>{0} not answering since {1}, %n waiting</source>
        <translation>
            <numerusform>{0} не отвечает с {1}, в очереди %n</numerusform>
            <numerusform>{0} не отвечает с {1}, в очереди %n</numerusform>
            <numerusform>{0} не отвечает с {1}, в очереди %n</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} down</source>
        <translation>{0}: нет связи</translation>
    </message>
    <message numerus="yes">
        <source>{0} destinations not answering since {1}, %n waiting</source>
        <translation>
            <numerusform>не отвечают получатели ({0}) с {1}, в очереди %n</numerusform>
            <numerusform>не отвечают получатели ({0}) с {1}, в очереди %n</numerusform>
            <numerusform>не отвечают получатели ({0}) с {1}, в очереди %n</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} destinations down</source>
        <translation>нет связи с {0} получателями</translation>
    </message>
    <message numerus="yes">
        <source>{0} refused %n object(s)</source>
        <translation>
            <numerusform>{0}: не принят %n объект</numerusform>
            <numerusform>{0}: не принято %n объекта</numerusform>
            <numerusform>{0}: не принято %n объектов</numerusform>
        </translation>
    </message>
    <message>
        <source>Sending</source>
        <translation>Отправка</translation>
    </message>
    <message>
        <source>{0}: sent {1}, queue {2}</source>
        <translation>{0}: отправлено {1}, в очереди {2}</translation>
    </message>
    <message numerus="yes">
        <source>%n object(s) for a removed destination</source>
        <translation>
            <numerusform>%n объект: получателя больше нет</numerusform>
            <numerusform>%n объекта: получателя больше нет</numerusform>
            <numerusform>%n объектов: получателя больше нет</numerusform>
        </translation>
    </message>
    <message>
        <source>They were accepted while no destination was in force. A click leads to sending them.</source>
        <translation>Они приняты, когда получатель не был задан. Щёлкните, чтобы перейти к ним: там их можно отправить.</translation>
    </message>
    <message numerus="yes">
        <source>%n accepted film(s) never sent</source>
        <translation>
            <numerusform>%n принятый снимок не отправлен</numerusform>
            <numerusform>%n принятых снимка не отправлены</numerusform>
            <numerusform>%n принятых снимков не отправлены</numerusform>
        </translation>
    </message>
    <message>
        <source>not sent</source>
        <translation>не отправлено</translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>Frontal</source>
        <translation>Прямая</translation>
    </message>
    <message>
        <source>Lateral</source>
        <translation>Боковая</translation>
    </message>
    <message>
        <source>Projection unknown</source>
        <translation>Проекция не определена</translation>
    </message>
    <message>
        <source>frontal</source>
        <translation>прямая</translation>
    </message>
    <message>
        <source>lateral</source>
        <translation>боковая</translation>
    </message>
    <message>
        <source>front.</source>
        <translation>прям.</translation>
    </message>
    <message>
        <source>lat.</source>
        <translation>бок.</translation>
    </message>
    <message>
        <source>Not a chest film</source>
        <translation>Не грудная клетка</translation>
    </message>
    <message>
        <source>Chest film</source>
        <translation>Грудная клетка</translation>
    </message>
    <message>
        <source>Greyscale inverted</source>
        <translation>Кости чёрные</translation>
    </message>
    <message>
        <source>Bones are white</source>
        <translation>Кости белые</translation>
    </message>
    <message>
        <source>Film not upright</source>
        <translation>Снимок повёрнут</translation>
    </message>
    <message>
        <source>Film upright</source>
        <translation>Снимок стоит прямо</translation>
    </message>
    <message>
        <source>Projection</source>
        <translation>Проекция</translation>
    </message>
    <message>
        <source>Lung cut off</source>
        <translation>Лёгкое срезано</translation>
    </message>
    <message>
        <source>Whole lung on the film</source>
        <translation>Лёгкие целиком</translation>
    </message>
    <message>
        <source>Chest rotated</source>
        <translation>Ротация</translation>
    </message>
    <message>
        <source>Chest not rotated</source>
        <translation>Ротации нет</translation>
    </message>
    <message>
        <source>Chest film?</source>
        <translation>Грудная клетка?</translation>
    </message>
    <message>
        <source>Bones white?</source>
        <translation>Кости белые?</translation>
    </message>
    <message>
        <source>Film upright?</source>
        <translation>Снимок стоит прямо?</translation>
    </message>
    <message>
        <source>Projection?</source>
        <translation>Проекция?</translation>
    </message>
    <message>
        <source>Lung cut off?</source>
        <translation>Лёгкое срезано?</translation>
    </message>
    <message>
        <source>Chest rotated?</source>
        <translation>Ротация?</translation>
    </message>
    <message>
        <source>Body part</source>
        <translation>Область</translation>
    </message>
    <message>
        <source>Greyscale</source>
        <translation>Серая шкала</translation>
    </message>
    <message>
        <source>Film orientation</source>
        <translation>Положение снимка</translation>
    </message>
    <message>
        <source>Lung fields</source>
        <translation>Лёгочные поля</translation>
    </message>
    <message>
        <source>Rotation</source>
        <translation>Ротация</translation>
    </message>
    <message>
        <source>not a chest {0}</source>
        <translation>не грудная клетка {0}</translation>
    </message>
    <message>
        <source>inverted {0}</source>
        <translation>инверсия {0}</translation>
    </message>
    <message>
        <source>not upright {0}</source>
        <translation>не прямо {0}</translation>
    </message>
    <message>
        <source>cut off {0}</source>
        <translation>срезано {0}</translation>
    </message>
    <message>
        <source>rotated {0}</source>
        <translation>ротация {0}</translation>
    </message>
    <message>
        <source>left edge</source>
        <translation>левый край</translation>
    </message>
    <message>
        <source>right edge</source>
        <translation>правый край</translation>
    </message>
    <message>
        <source>upper edge</source>
        <translation>верхний край</translation>
    </message>
    <message>
        <source>lower edge</source>
        <translation>нижний край</translation>
    </message>
    <message>
        <source>about {0}°</source>
        <translation>около {0}°</translation>
    </message>
    <message>
        <source>about {0}° ± {1}°</source>
        <translation>около {0}° ± {1}°</translation>
    </message>
    <message>
        <source>Not assessed</source>
        <translation>Не оценено</translation>
    </message>
    <message>
        <source>In order</source>
        <translation>В порядке</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>забракован</translation>
    </message>
    <message>
        <source>sent</source>
        <translation>отправлен</translation>
    </message>
    <message>
        <source>sending failed</source>
        <translation>ошибка отправки</translation>
    </message>
    <message>
        <source>being sent</source>
        <translation>отправляется</translation>
    </message>
    <message>
        <source>in the queue</source>
        <translation>в очереди</translation>
    </message>
    <message>
        <source>not sent</source>
        <translation>не отправлен</translation>
    </message>
    <message>
        <source>Not sent.</source>
        <translation>Не отправляется.</translation>
    </message>
    <message>
        <source>Not sent: not a DICOM file, a PACS cannot take it.</source>
        <translation>Не отправлен: это не DICOM, PACS его не примет.</translation>
    </message>
    <message>
        <source>Not sent: no destination set.</source>
        <translation>Не отправлен: получатель не задан.</translation>
    </message>
    <message>
        <source>Not sent: sending was cancelled.</source>
        <translation>Не отправлен: отправка отменена.</translation>
    </message>
    <message>
        <source>In the queue, tried without success.</source>
        <translation>В очереди, попытка не удалась.</translation>
    </message>
    <message>
        <source>In the queue.</source>
        <translation>В очереди.</translation>
    </message>
    <message>
        <source>Sent at {0}.</source>
        <translation>Отправлен в {0}.</translation>
    </message>
    <message>
        <source>Not a chest film.</source>
        <translation>Это не снимок грудной клетки.</translation>
    </message>
    <message>
        <source>Set the projection first.</source>
        <translation>Сначала укажите проекцию.</translation>
    </message>
    <message>
        <source>The model failed on this film.</source>
        <translation>Модель не справилась с этим снимком.</translation>
    </message>
    <message>
        <source>The model gave no usable answer.</source>
        <translation>Модель не дала пригодного ответа.</translation>
    </message>
    <message>
        <source>This cascade does not tell projections.</source>
        <translation>Этот каскад не определяет проекцию.</translation>
    </message>
    <message>
        <source>The file contradicts itself about black and white. Shown by its photometric interpretation.</source>
        <translation>Сведения файла о чёрном и белом противоречат друг другу. Снимок показан по фотометрической интерпретации.</translation>
    </message>
    <message>
        <source>Raw image (for processing): it may look unlike the final film.</source>
        <translation>Необработанный снимок (for processing): вид может отличаться от готового.</translation>
    </message>
    <message>
        <source>The file holds several images: the first one is shown.</source>
        <translation>В файле несколько изображений: показано первое.</translation>
    </message>
    <message>
        <source>The file&apos;s header has a fault; the program read it all the same.</source>
        <translation>В заголовке файла есть ошибка; программа всё же прочитала его.</translation>
    </message>
    <message>
        <source>The image was compressed with loss.</source>
        <translation>Изображение сжато с потерями.</translation>
    </message>
    <message>
        <source>A colour image, shown in grey.</source>
        <translation>Цветное изображение показано серым.</translation>
    </message>
    <message>
        <source>The file has marks or letters in an overlay plane, which is not shown here.</source>
        <translation>В файле есть пометки или буквы в отдельном слое (overlay), здесь он не показан.</translation>
    </message>
    <message>
        <source>Another film here has the same identity but other content: check both.</source>
        <translation>Здесь уже есть снимок с тем же номером, но другим содержимым: проверьте оба.</translation>
    </message>
    <message>
        <source>Not a DICOM file: no patient data, and it cannot be sent.</source>
        <translation>Не DICOM: данных пациента нет, отправить нельзя.</translation>
    </message>
    <message>
        <source>no. {0}</source>
        <translation>№ {0}</translation>
    </message>
    <message>
        <source>If it is mirrored: U shows it the right way round.</source>
        <translation>Если он отражён: U — показать его правильной стороной.</translation>
    </message>
    <message>
        <source>If not upright: U shows it turned {0}° clockwise and mirrored.</source>
        <translation>Если он лежит не прямо: U — показать повёрнутым на {0}° по часовой стрелке и отражённым.</translation>
    </message>
    <message>
        <source>If not upright: U shows it turned {0}° clockwise.</source>
        <translation>Если он лежит не прямо: U — показать повёрнутым на {0}° по часовой стрелке.</translation>
    </message>
    <message>
        <source>Partly assessed</source>
        <translation>Оценён частично</translation>
    </message>
    <message>
        <source>partly sent</source>
        <translation>отправлен частично</translation>
    </message>
    <message>
        <source>Sent to {0}; waits for {1}.</source>
        <translation>Отправлен: {0}; ждёт: {1}.</translation>
    </message>
</context>
<context>
    <name>Worklist</name>
    <message>
        <source>No name</source>
        <translation>Без имени</translation>
    </message>
    <message>
        <source>Other order</source>
        <translation>Другое назначение</translation>
    </message>
    <message>
        <source>Same identity</source>
        <translation>Тот же номер</translation>
    </message>
    <message>
        <source>Analysing</source>
        <translation>Анализируется</translation>
    </message>
    <message>
        <source>Check the view</source>
        <translation>Проверьте проекцию</translation>
    </message>
</context>
<context>
    <name>WorklistPanel</name>
    <message>
        <source>Films of today</source>
        <translation>Снимки за сегодня</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Сегодня</translation>
    </message>
    <message numerus="yes">
        <source>%n reading</source>
        <translation>
            <numerusform>загружается %n</numerusform>
            <numerusform>загружаются %n</numerusform>
            <numerusform>загружается %n</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n to decide</source>
        <translation>
            <numerusform>ждёт решения %n</numerusform>
            <numerusform>ждут решения %n</numerusform>
            <numerusform>ждут решения %n</numerusform>
        </translation>
    </message>
</context>
</TS>
